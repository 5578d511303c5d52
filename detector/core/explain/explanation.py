"""What an explanation says, as data: times and durations are milliseconds, amounts are in fen."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from detector.core.alert import EvidenceEvent
from detector.core.explain.reasons import Reason
from detector.core.rule import Mode, Operator, Severity, Texts


class Unit(StrEnum):
    """What the value of a measure counts in, where it is no plain number or text."""

    PLAIN = "plain"
    FEN = "fen"
    MILLISECONDS = "ms"


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the parts of an explanation: immutable, compared by value."""


class Compared(_Part, frozen=True, kw_only=True):
    """One comparison of a measure; `missing` is by how much a number fails it, None where it holds."""

    operator: Operator
    value: Any
    holds: bool
    missing: float | int | None


class ConditionSeen(_Part, frozen=True, kw_only=True):
    """A condition with what was measured; `value` is None where there was nothing to measure."""

    name: str
    value: Any
    unit: Unit
    comparisons: tuple[Compared, ...]
    holds: bool


class Alternative(_Part, frozen=True, kw_only=True):
    """Conditions that make the rule hold when all of them do."""

    conditions: tuple[ConditionSeen, ...]
    holds: bool


class OverrideSeen(_Part, frozen=True, kw_only=True):
    """The override in force, numbered from 1 on, the fields that chose it, and what it replaces."""

    number: int
    because: dict[str, Any]
    replaces: tuple[str, ...]


class WatchSeen(_Part, frozen=True, kw_only=True):
    """What a selector found in its window, which reaches from after `after` up to and including `upto`.

    `events` are the newest of the `total`; the oldest of all is no longer counted from `leaves_at` on.
    """

    name: str
    after: int
    upto: int
    total: int
    events: tuple[EvidenceEvent, ...]
    leaves_at: int | None


class Occasion(_Part, frozen=True, kw_only=True):
    """A window rule where an event is the trigger."""

    event: EvidenceEvent
    holds: bool
    severity: Severity
    override: OverrideSeen | None
    alternatives: tuple[Alternative, ...]
    watches: tuple[WatchSeen, ...]
    approximate: bool


class StepState(StrEnum):
    """How far a step of a sequence is."""

    COMPLETED = "completed"
    OPEN = "open"
    MISSED = "missed"
    NOT_REACHED = "not_reached"


class Attempt(_Part, frozen=True, kw_only=True):
    """An event in vain, and why; where it could have completed a step, `after` completed the step before."""

    event: EvidenceEvent
    after: EvidenceEvent | None
    reasons: tuple[Reason, ...]


class WindowSeen(_Part, frozen=True, kw_only=True):
    """A window rule: at the latest trigger, and as if another such event came at the newest event's time.

    `passed_over` is the newest event where it is of a type that the rule watches for, and yet no trigger.
    """

    latest: Occasion | None
    another: Occasion | None
    passed_over: Attempt | None


class StepSeen(_Part, frozen=True, kw_only=True):
    """One step of the furthest chain, completed by an event of one of the `types`.

    `events` are the newest that serve it, the last of a completed one completes it, `elapsed` after the step
    before; `found` counts them, or their different values of the field `distinct`, of `at_least` needed.
    An open one can be completed up to `until`, None where nothing bounds it; the event `cancelling`, if there
    is one, ends it. `attempts` are the newest events that came in vain for the first step not completed.
    """

    name: str
    types: tuple[str, ...]
    state: StepState
    alert: Severity | None
    events: tuple[EvidenceEvent, ...]
    found: int
    at_least: int
    distinct: str | None
    elapsed: int | None
    within: int | None
    until: int | None
    cancelling: EvidenceEvent | None
    attempts: tuple[Attempt, ...]


class SequenceSeen(_Part, frozen=True, kw_only=True):
    """A sequence rule: the steps of the furthest chain that began, the latest of several."""

    steps: tuple[StepSeen, ...]
    completed: int
    override: OverrideSeen | None
    approximate: bool


class Said(_Part, frozen=True, kw_only=True):
    """An alert on record: which event raised it, and whether it stands."""

    alert_id: str
    severity: Severity
    stands: bool
    revision: int
    event_id: str
    event_time: int


class Held(_Part, frozen=True, kw_only=True):
    """An event that makes the rule hold, and its alert: one for a severity until `quiet_until` is over.

    `said` is None where no alert of it is on record: the rule was not in force, or the record is gone.
    """

    event: EvidenceEvent
    severity: Severity
    alert_id: str
    quiet_until: int | None
    said: Said | None


class Explanation(_Part, frozen=True, kw_only=True):
    """One rule for one key, as of the newest event that was looked at.

    `key` has the fields of the rule's `by`, as far as an event told them; `held` are the events of the
    occasion, or of the chain, that make the rule hold; `alerts` all alerts of the rule on the key's record.
    """

    rule_id: str
    title: Texts
    mode: Mode
    key: dict[str, str]
    newest: int | None
    held: tuple[Held, ...]
    window: WindowSeen | None
    sequence: SequenceSeen | None
    alerts: tuple[Said, ...]

    @property
    def holds(self) -> bool:
        """Whether an event makes the rule hold."""
        return bool(self.held)
