"""Sliding windows: measures over the events up to a trigger, in the half-open span (t - within, t]."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from detector.core.anchor import Anchor, Evidence, Findings
from detector.core.events import FIELDS, Event
from detector.core.folded import Key
from detector.core.folding import Folds
from detector.core.history import SHORT, Entry, History
from detector.core.lists import Lists
from detector.core.measured import Measured
from detector.core.measures import singles
from detector.core.predicates import (
    Constants,
    Predicate,
    compares,
    comparison_source,
    compile_function,
    compile_selector,
    needed_source,
    where_source,
)
from detector.core.rule import (
    Condition,
    Measure,
    MeasureKind,
    Override,
    Ratio,
    Rule,
    Selector,
    Watch,
    When,
    Window,
)
from detector.core.selection import Selections

_CAN_BE_ABSENT = (MeasureKind.MAX, MeasureKind.MIN, MeasureKind.LAST)

Values = tuple[Any, ...]
_Scan = Callable[[list[Entry], int, int, Key], Values]


class _Verdict(NamedTuple):
    """The conditions in force for a trigger, and the function that tells whether one alternative holds."""

    override: Override | None
    when: When
    holds: Callable[[Values], bool]


class Look(NamedTuple):
    """What a window rule has before it where an event is its trigger.

    The override and the conditions in force, what was measured by the conditions' names, and the indices of
    the events that were measured by the names of their selectors.
    """

    override: Override | None
    when: When
    values: dict[str, Any]
    places: dict[str, list[int]]


class WindowEvaluator:
    """One window rule, compiled: tells whether the event at an index of a history makes it hold.

    `selections` and `folds` are those of the engine, for rules that select alike share them.
    """

    def __init__(self, rule: Rule, selections: Selections, folds: Folds) -> None:
        assert isinstance(rule.body, Window)
        lists = selections.lists
        self.lists: Lists = lists
        self._rule = rule
        self._key_fields = rule.by[1:]
        self._span = rule.span
        watches = rule.body.watches
        self._watches = tuple(watches.values())
        self._conditions = _conditions(rule.body, rule.overrides)
        measures = dict.fromkeys(single for c in self._conditions for single in singles(c.measure))
        grouped = [[m for m in measures if m.watch == name] for name in watches]
        self._slots = {m: slot for slot, m in enumerate(m for group in grouped for m in group)}
        self._scans: list[tuple[Watch, _Scan]] = [
            (watch, _compile_scan(watch.selector, group, self._key_fields, lists))
            for watch, group in zip(self._watches, grouped, strict=True)
        ]
        self._measured = [
            Measured(watch, group, selections.of(watch.selector, self._key_fields), folds)
            for watch, group in zip(self._watches, grouped, strict=True)
        ]
        self._selects = [compile_selector(watch.selector, self._key_fields, lists) for watch in self._watches]
        self._triggers = _merge(self._selects)
        self._default = self._verdict(None)
        self._overrides = [
            (
                compile_selector(Selector(events=tuple(self._triggers), where=override.where), lists=lists),
                self._verdict(override),
            )
            for override in rule.overrides
        ]

    @property
    def event_types(self) -> frozenset[str]:
        """The event types that the rule looks at."""
        return frozenset(self._triggers)

    def is_trigger(self, event: Event) -> bool:
        """Whether the rule looks at its measures when that event happens."""
        matches = self._triggers.get(event.type)
        return matches is not None and matches(event)

    def anchors_at(self, history: History, index: int) -> list[Anchor]:
        """The anchor that the event at an index is, if it makes the rule hold: a list of one or none."""
        event = history.entries[index].event
        is_trigger = self._triggers.get(event.type)
        if is_trigger is None or not is_trigger(event):
            return []
        key = tuple([getattr(event, name) for name in self._key_fields])
        values = self._measure(history, index, key)
        verdict = self._in_force(event)
        if not verdict.holds(values):
            return []
        return [
            Anchor(
                at=index,
                position=history.position(index),
                key=key,
                severity=(verdict.override and verdict.override.severity) or self._rule.severity,
                override=verdict.override,
                chain=None,
                first=None,
                approximate=history.is_folded_after(event.event_time - self._span),
            )
        ]

    def may_hold(self, history: History, index: int, end: int) -> Iterable[int]:
        """The indices from `index` to `end` at which what the event at `index` changes could hold."""
        if len(history.entries) <= SHORT:
            return range(index, end)
        event = history.entries[index].event
        key = tuple([getattr(event, name, None) for name in self._key_fields])
        found: set[int] = set()
        for measured in self._measured:
            found.update(measured.since(history, index, end, key))
        return sorted(found)

    def look(self, history: History, index: int) -> Look:
        """What there is to see where the event at an index, a trigger, asks whether the rule holds."""
        event = history.entries[index].event
        key = tuple([getattr(event, name) for name in self._key_fields])
        measured = self._measure(history, index, key)
        verdict = self._in_force(event)
        assert isinstance(self._rule.body, Window)
        return Look(
            override=verdict.override,
            when=verdict.when,
            values={condition.name: self._value(condition, measured) for condition in self._conditions},
            places={
                name: measured.places(history, index, key)
                for name, measured in zip(self._rule.body.watches, self._measured, strict=True)
            },
        )

    def findings(self, history: History, anchor: Anchor) -> Findings:
        """What was measured at an anchor, against what, and over which events."""
        look = self.look(history, anchor.at)
        held = [
            condition
            for group in look.when
            if all(compares(look.values[c.name], item) for c in group for item in c.comparisons)
            for condition in group
        ]
        found = sorted({index for places in look.places.values() for index in places})
        return Findings(
            measures={condition.name: look.values[condition.name] for condition in held},
            thresholds={condition.name: _written(condition) for condition in held},
            values=look.values,
            evidence=[Evidence(index, None) for index in found],
        )

    def _verdict(self, override: Override | None) -> _Verdict:
        assert isinstance(self._rule.body, Window)
        when = (override and override.when) or self._rule.body.when
        return _Verdict(override, when, _compile_when(when, self._slots))

    def _in_force(self, event: Event) -> _Verdict:
        for predicates, verdict in self._overrides:
            matches = predicates.get(event.type)
            if matches is not None and matches(event):
                return verdict
        return self._default

    def _measure(self, history: History, index: int, key: Key) -> Values:
        values: Values = ()
        entries = history.entries
        if len(entries) > SHORT or history.folded is not None:
            for measured in self._measured:
                values += measured.at(history, index, key)
            return values
        for watch, scan in self._scans:
            low, high = _bounds(history, index, watch)
            values += scan(entries, low, high, key)
        return values

    def _value(self, condition: Condition, values: Values) -> Any:
        found = [values[self._slots[measure]] for measure in singles(condition.measure)]
        return found[0] if isinstance(condition.measure, Measure) else _ratio(*found)


def _bounds(history: History, index: int, watch: Watch) -> tuple[int, int]:
    times = history.times
    event_time = times[index]
    low = bisect_right(times, event_time - watch.within)
    if not watch.before:
        return low, index + 1
    return low, min(index + 1, bisect_right(times, event_time - watch.before))


def _conditions(window: Window, overrides: Sequence[Override]) -> list[Condition]:
    whens = [window.when, *(override.when for override in overrides if override.when)]
    return [condition for when in whens for group in when for condition in group]


def _merge(selects: Sequence[dict[str, Predicate]]) -> dict[str, Predicate]:
    """For each event type, the function that tells whether any of the selectors matches."""
    merged: dict[str, list[Predicate]] = {}
    for select in selects:
        for event_type, predicate in select.items():
            merged.setdefault(event_type, []).append(predicate)
    return {event_type: _any_of(predicates) for event_type, predicates in merged.items()}


def _any_of(predicates: list[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    return lambda event: any(matches(event) for matches in predicates)


def _ratio(dividend: Any, divisor: Any) -> Any:
    if dividend is None or divisor is None:
        return None
    return dividend / divisor if divisor else 0


def _compile_when(when: When, slots: dict[Measure, int]) -> Callable[[Values], bool]:
    """A function of the measured values that tells whether one of the alternatives holds."""
    constants = Constants()
    constants.values["ratio"] = _ratio
    alternatives = []
    for group in when:
        parts = []
        for condition in group:
            operand, can_be_absent = _operand(condition.measure, slots)
            parts += [
                comparison_source(operand, can_be_absent, item, constants) for item in condition.comparisons
            ]
        alternatives.append(f"({' and '.join(parts)})")
    source = f"def compiled(v):\n return {' or '.join(alternatives)}\n"
    compiled: Callable[[Values], bool] = compile_function(source, constants)
    return compiled


def _written(condition: Condition) -> dict[str, Any]:
    return {item.operator.value: item.value for item in condition.comparisons}


def _operand(measure: Measure | Ratio, slots: dict[Measure, int]) -> tuple[str, bool]:
    if isinstance(measure, Measure):
        return f"v[{slots[measure]}]", measure.kind in _CAN_BE_ABSENT
    return f"ratio(v[{slots[measure.dividend]}], v[{slots[measure.divisor]}])", True


def _compile_scan(
    selector: Selector, measures: list[Measure], key_fields: Sequence[str], lists: Lists
) -> _Scan:
    """A function (entries, low, high, key) that gives the measures over the selected entries in one pass."""
    constants = Constants()
    lines = ["def compiled(entries, low, high, key):", " n = first = last = 0"]
    lines += [f" m{slot} = {_START.get(measure.kind, 'None')}" for slot, measure in enumerate(measures)]
    lines += [" for e, _ in entries[low:high]:", "  t = e.type"]
    for event_type in selector.events:
        condition = _scan_condition(event_type, selector, key_fields, constants, lists)
        if condition is None:
            continue
        lines.append(f"  if t == {constants.name(event_type)} and {condition}:")
        for slot, measure in enumerate(measures):
            lines += [f"   {line}" for line in _accumulate(f"m{slot}", measure, event_type)]
        lines += ["   if not n: first = e.event_time", "   last = e.event_time", "   n += 1", "   continue"]
    results = [_RESULT.get(measure.kind, "{0}").format(f"m{slot}") for slot, measure in enumerate(measures)]
    lines.append(f" return ({''.join(result + ', ' for result in results)})")
    scan: _Scan = compile_function("\n".join(lines), constants)
    return scan


_START = {MeasureKind.SUM: "0", MeasureKind.DISTINCT: "set()"}
_RESULT = {MeasureKind.COUNT: "n", MeasureKind.SPAN: "last - first", MeasureKind.DISTINCT: "len({0})"}
_UPDATE = {
    MeasureKind.SUM: "{0} += x",
    MeasureKind.DISTINCT: "{0}.add(x)",
    MeasureKind.LAST: "{0} = x",
    MeasureKind.MAX: "{0} = x if {0} is None or x > {0} else {0}",
    MeasureKind.MIN: "{0} = x if {0} is None or x < {0} else {0}",
}


def _scan_condition(
    event_type: str, selector: Selector, key_fields: Sequence[str], constants: Constants, lists: Lists
) -> str | None:
    parts = [where_source(event_type, selector.where, constants, lists)]
    for number, name in enumerate(key_fields):
        carried = needed_source(event_type, name)
        parts.append(carried and f"e.{name} == key[{number}]")
    return None if None in parts else " and ".join(filter(None, parts))


def _accumulate(name: str, measure: Measure, event_type: str) -> list[str]:
    update = _UPDATE.get(measure.kind)
    field = FIELDS[event_type].get(measure.field or "")
    if update is None or field is None:
        return []
    return [f"x = e.{measure.field}", f"if x is not None: {update.format(name)}"]
