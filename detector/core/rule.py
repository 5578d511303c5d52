"""A rule as it was read: what it watches and when it fires. All durations are whole milliseconds."""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

Value = str | int | float | bool
Texts = dict[str, str]


class Mode(StrEnum):
    """Whether a rule's alerts count: live, only watched (shadow), or not evaluated at all."""

    LIVE = "live"
    SHADOW = "shadow"
    OFF = "off"


class Severity(StrEnum):
    """How grave an alert is, from the least to the most."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Operator(StrEnum):
    """How a condition compares a field or a measure with the value that it names."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    EXISTS = "exists"
    IN_LIST = "in_list"
    NOT_IN_LIST = "not_in_list"


OF_LISTS = (Operator.IN_LIST, Operator.NOT_IN_LIST)
"""The operators whose value is the name of a list that is kept beside the rules."""


class _Model(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the parts of a rule: immutable, compared by value."""


class Comparison(_Model, frozen=True, kw_only=True):
    """One operator with what it compares against: a value, some for `in`, a list's name for `in_list`."""

    operator: Operator
    value: Value | tuple[Value, ...]


class Selector(_Model, frozen=True, kw_only=True):
    """Which events count: their types, and for each named field the comparisons that must all hold."""

    events: tuple[str, ...]
    where: dict[str, tuple[Comparison, ...]] = {}


class Watch(_Model, frozen=True, kw_only=True):
    """A selector of a window: the events up to `within` back from the trigger, and at least `before` back."""

    selector: Selector
    within: int
    before: int = 0


class MeasureKind(StrEnum):
    """What is measured over the events that a selector finds in its window."""

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"
    MAX = "max"
    MIN = "min"
    LAST = "last"
    SPAN = "span"


class Measure(_Model, frozen=True, kw_only=True):
    """A figure over one selector's events: of `field`, but for count and span, which have none."""

    kind: MeasureKind
    watch: str
    field: str | None = None


class Ratio(_Model, frozen=True, kw_only=True):
    """One measure divided by another; 0 where the divisor is 0."""

    dividend: Measure
    divisor: Measure


class Condition(_Model, frozen=True, kw_only=True):
    """A measure, under the name that the rule gives it, and the comparisons that must all hold."""

    name: str
    measure: Measure | Ratio
    comparisons: tuple[Comparison, ...]


When = tuple[tuple[Condition, ...], ...]


class Unless(_Model, frozen=True, kw_only=True):
    """An event that cancels a step, when it lies between the step before and the completing event."""

    selector: Selector
    before: int = 0
    same: str | None = None


class Step(_Model, frozen=True, kw_only=True):
    """One step of a sequence; `within` bounds the time since the step before it.

    On the first step it bounds the step's own events, from the first to the last.
    """

    name: str
    selector: Selector
    within: int | None = None
    at_least: int = 1
    distinct: str | None = None
    same: str | None = None
    unless: Unless | None = None
    alert: Severity | None = None


class Sequence(_Model, frozen=True, kw_only=True):
    """Steps in their order; `within` bounds the first event to the last; all agree on the fields `same`."""

    steps: tuple[Step, ...]
    within: int | None = None
    same: tuple[str, ...] = ()


class Window(_Model, frozen=True, kw_only=True):
    """Named selectors over a sliding window, and the conditions on their measures: an OR of ANDs."""

    watches: dict[str, Watch]
    when: When


class Override(_Model, frozen=True, kw_only=True):
    """What replaces parts of the rule where the trigger, or a sequence's step, matches `where`."""

    where: dict[str, tuple[Comparison, ...]]
    when: When | None = None
    severity: Severity | None = None
    action: str | None = None
    explanation: Texts | None = None


class Rule(_Model, frozen=True, kw_only=True):
    """One rule, with the part (window or sequence) that decides when it fires."""

    id: str
    by: tuple[str, ...]
    body: Window | Sequence
    title: Texts
    explanation: Texts
    severity: Severity = Severity.MEDIUM
    action: str = "review"
    mode: Mode = Mode.LIVE
    overrides: tuple[Override, ...] = ()
    cooldown: int = 3_600_000

    @property
    def span(self) -> int:
        """The longest time from an event that the rule uses to the event that makes it fire, in ms."""
        return span_of_window(self.body) if isinstance(self.body, Window) else span_of_sequence(self.body)

    @property
    def version(self) -> str:
        """A hash of the rule's meaning: it changes with what fires and how, not with texts or tests."""
        meaning = {
            "id": self.id,
            "by": self.by,
            "body": self.body,
            "severity": self.severity,
            "action": self.action,
            "overrides": [msgspec.structs.replace(override, explanation=None) for override in self.overrides],
            "cooldown": self.cooldown,
        }
        encoded = msgspec.json.encode(meaning, order="deterministic")
        return hashlib.blake2b(encoded, digest_size=8).hexdigest()


def span_of_window(window: Window) -> int:
    """The longest `within` of a window's selectors, in ms."""
    return max(watch.within for watch in window.watches.values())


def span_of_sequence(sequence: Sequence) -> int:
    """The longest time from a sequence's first event to its last, in ms.

    Without a bound of the sequence's own every step has one; the first step's bounds its own events.
    """
    if sequence.within is not None:
        return sequence.within
    return sum(step.within or 0 for step in sequence.steps)


def severities_of(rule: Rule) -> set[Severity]:
    """Every severity that an alert of the rule can have."""
    named = {override.severity for override in rule.overrides if override.severity is not None}
    steps = () if isinstance(rule.body, Window) else rule.body.steps
    return named | ({step.alert for step in steps if step.alert is not None} or {rule.severity})


Selectors = tuple[Selector, ...]


def selectors_of(rule: Rule) -> Selectors:
    """Every selector whose events the rule needs, those that cancel a step among them."""
    if isinstance(rule.body, Window):
        return tuple(watch.selector for watch in rule.body.watches.values())
    steps = rule.body.steps
    cancelling = tuple(step.unless.selector for step in steps if step.unless is not None)
    return tuple(step.selector for step in steps) + cancelling


def lists_of(rule: Rule) -> set[str]:
    """The names of the lists that the rule looks something up in."""
    wheres = [selector.where for selector in selectors_of(rule)]
    wheres += [override.where for override in rule.overrides]
    return {
        str(comparison.value)
        for where in wheres
        for comparisons in where.values()
        for comparison in comparisons
        if comparison.operator in OF_LISTS
    }


def regardless_of_lists(selector: Selector) -> Selector:
    """The selector that finds whatever this one finds with any lists: what it looks up is only there."""
    there = Comparison(operator=Operator.EXISTS, value=True)
    where = {
        name: tuple(there if item.operator in OF_LISTS else item for item in comparisons)
        for name, comparisons in selector.where.items()
    }
    return Selector(events=selector.events, where=where)
