"""Alerts as they are published, and the ids that make two runs agree on them."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any

import msgspec

from detector.core.events import Position
from detector.core.rule import Mode, Severity, Texts

MAX_EVIDENCE = 50
_ID_BYTES = 16


class Status(StrEnum):
    """Whether an alert stands, or fell when a late event changed what it was based on."""

    RAISED = "raised"
    WITHDRAWN = "withdrawn"


class AnchorEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The event that raised an alert, with its place in Kafka where it came from there.

    `amount` (fen), merchant and tiers are the event's own, as far as it has them: what is at stake, where.
    """

    event_id: str
    type: str
    amount: int | None = None
    merchant_id: str | None = None
    merchant_tier: str | None = None
    user_tier: str | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None


class EvidenceEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event that an alert is based on, with its step in a sequence."""

    event_id: str
    type: str
    event_time: int
    step: str | None = None


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert, or its withdrawal; times are milliseconds since 1970 UTC."""

    alert_id: str
    status: Status
    revision: int
    case_id: str
    rule_id: str
    rule_version: str
    mode: Mode
    severity: Severity
    action: str
    anchor: AnchorEvent
    entity: dict[str, str]
    event_time: int
    detected_at: int
    title: Texts
    explanation: Texts
    measures: dict[str, Any]
    thresholds: dict[str, Any]
    evidence: list[EvidenceEvent]
    evidence_total: int
    late: bool
    approximate: bool


def alert_id(rule_id: str, key: tuple[Any, ...], severity: Severity, period: int | Position) -> str:
    """The id of the one alert of a rule, key, severity and period: 32 hexadecimal digits."""
    return _digest("alert", rule_id, key, severity, period)


def case_of_sequence(rule_id: str, key: tuple[Any, ...], first: Position) -> str:
    """The id that ties the alerts of the chains that begin with the same event."""
    return _digest("sequence", rule_id, key, first)


def case_of_period(rule_id: str, key: tuple[Any, ...], period: int | Position) -> str:
    """The id that ties a window rule's alerts of one key and period, whatever their severity."""
    return _digest("period", rule_id, key, period)


def _digest(*parts: Any) -> str:
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=_ID_BYTES).hexdigest()
