"""Dispatch: which rules an event can make hold at all, told cheaply before any of them is evaluated.

Most events make no rule hold. A sequence is left out where the key has no event that its earlier steps
select; a window where even all the events of the key are too few or sum up to too little: by its totals,
and of a long history by what lies in the window.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from detector.core.active_rule import ActiveRule
from detector.core.events import FIELDS, Event
from detector.core.history import SHORT, History
from detector.core.lists import Lists
from detector.core.predicates import (
    Constants,
    Predicate,
    comparison_source,
    compile_function,
    compile_selector,
)
from detector.core.rule import Comparison, Condition, Measure, MeasureKind, Operator, Selector, Watch, Window
from detector.core.selection import Selection, Selections, condition_source, identity
from detector.core.sequence import SequenceEvaluator
from detector.core.totals import Totals

_AT_LEAST = {Operator.GTE: ">=", Operator.GT: ">", Operator.EQ: ">=", Operator.IN: ">="}
_ALWAYS = "True"
_NONE: list[ActiveRule] = []


class Marks:
    """A bit for each selector of a sequence's earlier step; a history bears the bits of its events."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._bits: dict[bytes, int] = {}
        self._by_type: dict[str, list[tuple[Predicate, int]]] = {}

    def bit(self, selector: Selector) -> int:
        """The bit of a selector."""
        known = identity(selector, ())
        if known not in self._bits:
            self._bits[known] = 1 << len(self._bits)
            for event_type, predicate in compile_selector(selector, lists=self._lists).items():
                self._by_type.setdefault(event_type, []).append((predicate, self._bits[known]))
        return self._bits[known]

    @property
    def types(self) -> frozenset[str]:
        """The types of events that can have a bit."""
        return frozenset(self._by_type)

    def of(self, event: Event) -> int:
        """The bits of the selectors that select an event."""
        found = 0
        for matches, bit in self._by_type.get(event.type, ()):
            if matches(event):
                found |= bit
        return found


class Dispatch:
    """For the newest event of a history: the rules that it can make hold."""

    def __init__(self, rules: Iterable[ActiveRule], selections: Selections) -> None:
        self.marks = Marks(selections.lists)
        self.totals = Totals()
        sequences: dict[str, dict[int, list[ActiveRule]]] = {}
        windows: dict[str, list[ActiveRule]] = {}
        touched: dict[str, dict[int, list[ActiveRule]]] = {}
        for rule in rules:
            if isinstance(rule.evaluator, SequenceEvaluator):
                for event_type, number in rule.evaluator.completes.items():
                    needed = self._needed(rule.evaluator, number)
                    sequences.setdefault(event_type, {}).setdefault(needed, []).append(rule)
                needed = self._needed(rule.evaluator, min(rule.evaluator.completes.values(), default=0))
                for event_type in rule.evaluator.event_types:
                    touched.setdefault(event_type, {}).setdefault(needed, []).append(rule)
            else:
                for event_type in rule.evaluator.event_types:
                    windows.setdefault(event_type, []).append(rule)
        self._sequences = {event_type: list(found.items()) for event_type, found in sequences.items()}
        self._touched = {event_type: list(found.items()) for event_type, found in touched.items()}
        self._windows = {
            event_type: _Windows(event_type, found, selections, self.totals)
            for event_type, found in windows.items()
        }

    def candidates(self, history: History) -> list[ActiveRule]:
        """The rules that the newest event can make hold."""
        event = history.entries[-1][0]
        event_type = event.type
        windows = self._windows.get(event_type)
        found = _NONE if windows is None else windows.candidates(history, event)
        marks = history.marks
        for needed, rules in self._sequences.get(event_type, ()):
            if marks & needed == needed:
                found = [*found, *rules]
        return found

    def touched(self, history: History, event: Event) -> list[ActiveRule]:
        """The rules for which a late event of the history can change what holds, for its own key."""
        windows = self._windows.get(event.type)
        found = _NONE if windows is None else windows.touched(history, event)
        marks = history.marks
        for needed, rules in self._touched.get(event.type, ()):
            if marks & needed == needed:
                found = [*found, *rules]
        return found

    def _needed(self, evaluator: SequenceEvaluator, number: int) -> int:
        needed = 0
        for step in evaluator.steps[:number]:
            needed |= self.marks.bit(step.selector)
        return needed


class _Windows:
    """The window rules that events of one type can trigger, each with a bound that it cannot hold below."""

    def __init__(
        self, event_type: str, rules: list[ActiveRule], selections: Selections, totals: Totals
    ) -> None:
        self._rules = rules
        self._by_totals = _compile(_TotalsSource(event_type, True, selections, totals), rules)
        self._by_windows = _compile(_LongSource(event_type, True, selections), rules)
        self._late_by_totals = _compile(_TotalsSource(event_type, False, selections, totals), rules)
        self._late_by_windows = _compile(_LongSource(event_type, False, selections), rules)

    def candidates(self, history: History, event: Event) -> list[ActiveRule]:
        """The rules that the event, the newest of the history, can make hold."""
        if history.folded is not None:
            return self._rules
        found = self._by_totals(history, event)
        return self._by_windows(history, event) if found and len(history.entries) > SHORT else found

    def touched(self, history: History, event: Event) -> list[ActiveRule]:
        """The rules for which the event, whatever came after it, can change what holds."""
        if history.folded is not None:
            return self._rules
        found = self._late_by_totals(history, event)
        return self._late_by_windows(history, event) if found and len(history.entries) > SHORT else found


_Candidates = Callable[[History, Event], list[ActiveRule]]


def _body(rule: ActiveRule) -> Window:
    assert isinstance(rule.rule.body, Window)
    return rule.rule.body


def _compile(source: _Source, rules: list[ActiveRule]) -> _Candidates:
    """A function (history, trigger) that gives the rules whose bound the trigger reaches."""
    tests, triggers = [], []
    for rule in rules:
        trigger = _any([source.selects(rule, watch) for watch in _body(rule).watches.values()])
        triggers.append(trigger)
        tests.append(f" if ({trigger}) and ({_bound(source, rule)}): found.append(")
    constants = source.constants
    lines = ["def compiled(history, e):", f" if not ({_any(triggers)}): return none", *source.lines()]
    lines += [
        " found = []",
        *(f"{test}{constants.name(rule)})" for test, rule in zip(tests, rules, strict=True)),
    ]
    constants.values["none"] = _NONE
    compiled: _Candidates = compile_function("\n".join([*lines, " return found"]), constants)
    return compiled


def _bound(source: _Source, rule: ActiveRule) -> str:
    """Source that is true unless no alternative of the rule, or of an override, can hold."""
    whens = [_body(rule).when, *(override.when for override in rule.rule.overrides if override.when)]
    return _any([_any([_bound_of_group(source, rule, group) for group in when]) for when in whens])


def _bound_of_group(source: _Source, rule: ActiveRule, group: tuple[Condition, ...]) -> str:
    watches = _body(rule).watches
    bounds = []
    for condition in group:
        measure = condition.measure
        if isinstance(measure, Measure):
            watch = watches[measure.watch]
            if measure.kind in _BOUNDED_BY_TOTALS:
                leasts = [least for item in condition.comparisons if (least := _least(item)) is not None]
                bounds += [source.reaches(rule, watch, measure, least) for least in leasts]
            elif measure.kind is MeasureKind.LAST and len(watches) == 1 and not watch.before:
                bounds += [source.of_trigger(measure.field or "", item) for item in condition.comparisons]
    return " and ".join(bound for bound in bounds if bound != _ALWAYS) or _ALWAYS


_BOUNDED_BY_TOTALS = (MeasureKind.COUNT, MeasureKind.DISTINCT, MeasureKind.SUM)


class _Least(NamedTuple):
    """What a measure must reach, or with `>` exceed."""

    symbol: str
    value: float

    @property
    def events(self) -> int:
        """How many events it takes, where it is events that are counted."""
        return math.floor(self.value) + 1 if self.symbol == ">" else math.ceil(self.value)


def _least(comparison: Comparison) -> _Least | None:
    symbol = _AT_LEAST.get(comparison.operator)
    if symbol is None:
        return None
    value = min(comparison.value) if isinstance(comparison.value, tuple) else comparison.value
    assert isinstance(value, int | float)
    return _Least(symbol, value)


def _any(alternatives: list[str]) -> str:
    if _ALWAYS in alternatives:
        return _ALWAYS
    return (
        " or ".join(f"({alternative})" for alternative in dict.fromkeys(alternatives) if alternative)
        or "False"
    )


def _field_of(measure: Measure) -> str | None:
    """The field whose sum bounds a measure from above; None where the number of events does."""
    return measure.field if measure.kind is MeasureKind.SUM else None


class _Source:
    """What the two kinds of generated source have in common; `e` is an event of one type.

    Where it `is_newest`, it is the only trigger; else what came after it may be triggers, too.
    """

    def __init__(self, event_type: str, is_newest: bool, selections: Selections) -> None:
        self.event_type = event_type
        self.is_newest = is_newest
        self.selections = selections
        self.constants = Constants()

    def selects(self, rule: ActiveRule, watch: Watch) -> str:
        """Source that is true where the watch selects the event."""
        selection = self.selection(rule, watch)
        return condition_source(selection, self.event_type, "e", self.constants) or ""

    def selection(self, rule: ActiveRule, watch: Watch) -> Selection:
        """What the watch selects for each of the rule's keys."""
        return self.selections.of(watch.selector, rule.rule.by[1:])

    def of_trigger(self, field: str, comparison: Comparison) -> str:
        """Source that is true unless the trigger's own value, the last of all, fails a comparison."""
        known = FIELDS[self.event_type].get(field)
        if known is None or not self.is_newest:
            return _ALWAYS
        compared = comparison_source(f"e.{field}", False, comparison, self.constants)
        return f"(e.{field} is None or {compared})" if known.optional else compared

    def reaches(self, rule: ActiveRule, watch: Watch, measure: Measure, least: _Least) -> str:
        """Source that is true unless a measure is certain to be too little."""
        raise NotImplementedError

    def lines(self) -> list[str]:
        """The lines that take what the bounds rest on."""
        raise NotImplementedError


class _TotalsSource(_Source):
    """Bounds by the totals of the history, over all its keys; and by when the last so many events were."""

    def __init__(self, event_type: str, is_newest: bool, selections: Selections, totals: Totals) -> None:
        super().__init__(event_type, is_newest, selections)
        self._totals = totals

    def reaches(self, rule: ActiveRule, watch: Watch, measure: Measure, least: _Least) -> str:
        """Source that is true unless a measure is certain to be too little."""
        field = _field_of(measure)
        slot = self._totals.slot(self.selections.of(watch.selector, ()), field)
        bound = f"totals[{slot}] {least.symbol} {least.value!r}"
        if self.is_newest and field is None and least.events > 0:
            # There are so many events if the total says so.
            bound += f" and times[-{least.events}] > e.event_time - {watch.within}"
        return bound

    def lines(self) -> list[str]:
        """The lines that take what the bounds rest on."""
        return [" totals = history.totals", " times = history.times"]


class _LongSource(_Source):
    """Totals over the events of a long history, by search in the selections.

    Of those that lie in the window of the newest event; of all where there may be other triggers.
    """

    def __init__(self, event_type: str, is_newest: bool, selections: Selections) -> None:
        super().__init__(event_type, is_newest, selections)
        self._selected: dict[str, str] = {}
        self._lows: dict[tuple[str, int], str] = {}
        self._highs: dict[tuple[str, int], str] = {}
        self._totals: dict[str, str] = {}
        self._lines: list[str] = []

    def reaches(self, rule: ActiveRule, watch: Watch, measure: Measure, least: _Least) -> str:
        """Source that is true unless a measure is certain to be too little."""
        total = self._total(self.selection(rule, watch), watch, measure)
        return f"{total} {least.symbol} {least.value!r}"

    def lines(self) -> list[str]:
        """The lines that take what the bounds rest on."""
        self.constants.values["bisect"] = bisect_right
        return self._lines

    def _total(self, selection: Selection, watch: Watch, measure: Measure) -> str:
        """The name of a number that the measure is not greater than."""
        selected = self._named(self._selected, selection.digest, "s", self._select(selection))
        if not self.is_newest:
            total = f"len({selected}.times)"
            if _field_of(measure) is not None:
                total = f"{selected}.columns[{selection.column(measure)}][-1]"
            return self._named(self._totals, total, "v", total)
        before = watch.before
        high = self._named(
            self._highs,
            (selected, before),
            "h",
            f"bisect({selected}.times, e.event_time - {before})" if before else f"len({selected}.times)",
        )
        low = self._named(
            self._lows,
            (selected, watch.within),
            "l",
            f"bisect({selected}.times, e.event_time - {watch.within})",
        )
        total = f"{high} - {low}"
        if _field_of(measure) is not None:
            column = f"{selected}.columns[{selection.column(measure)}]"
            total = f"{column}[{high}] - {column}[{low}]"
        # Where the window ends before it begins for lack of events, nothing lies in it.
        return self._named(self._totals, total, "v", f"{total} if {high} > {low} else 0" if before else total)

    def _select(self, selection: Selection) -> str:
        fields = (f"e.{name}" if name in FIELDS[self.event_type] else "None" for name in selection.key_fields)
        return f"{self.constants.name(selection.of)}(history, ({''.join(f'{field}, ' for field in fields)}))"

    def _named(self, names: dict[Any, str], slot: Any, letter: str, value: str) -> str:
        """The name of a value, which is taken once."""
        if slot not in names:
            names[slot] = f"{letter}{len(names)}"
            self._lines.append(f" {names[slot]} = {value}")
        return names[slot]
