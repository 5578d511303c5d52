"""Why an event does not complete a step of a sequence; times and durations are milliseconds."""

from __future__ import annotations

from typing import Any

import msgspec

from detector.core.alert import EvidenceEvent
from detector.core.rule import Operator


class _Reason(msgspec.Struct, frozen=True, kw_only=True, tag_field="reason"):
    """Base of the reasons: immutable, compared by value, told apart by `reason`."""


class Mismatch(_Reason, frozen=True, kw_only=True, tag="mismatch"):
    """A field is not what the step's `where` asks for; `found` is None where the event lacks it."""

    field: str
    found: Any
    operator: Operator
    value: Any


class Lacks(_Reason, frozen=True, kw_only=True, tag="lacks"):
    """The event lacks a field that the events must agree on."""

    field: str


class Differs(_Reason, frozen=True, kw_only=True, tag="differs"):
    """The event does not agree on a field with the steps before."""

    field: str
    found: Any
    wanted: Any


class TooEarly(_Reason, frozen=True, kw_only=True, tag="too_early"):
    """Nothing had completed the step before; `by` is how long after the event something did, if it did."""

    step: str
    by: int | None


class TooLate(_Reason, frozen=True, kw_only=True, tag="too_late"):
    """The event came `by` after the time was over: `elapsed`, where `within` was allowed.

    `since` is the event that completed the step before, or where the whole sequence has a bound, its first.
    """

    since: EvidenceEvent
    of_sequence: bool
    elapsed: int
    within: int
    by: int


class Cancelled(_Reason, frozen=True, kw_only=True, tag="cancelled"):
    """An event of the step's `unless` came in between, `before` the one that would have completed it."""

    event: EvidenceEvent
    before: int


class TooFew(_Reason, frozen=True, kw_only=True, tag="too_few"):
    """Only `found` of `needed` events, or of different values of the field `distinct`, so far."""

    found: int
    needed: int
    distinct: str | None


Reason = Mismatch | Lacks | Differs | TooEarly | TooLate | Cancelled | TooFew
