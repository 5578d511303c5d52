"""Dispatch: which rules an event can make hold at all, told cheaply before any of them is evaluated.

Most events make no rule hold. A sequence is left out where the key has no event that its earlier steps
select; a window where even all the events of the key, whenever they were, are too few or sum up to too
little. The latter rests on no summed field's being ever negative.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any

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

_AT_LEAST = {Operator.GTE: ">=", Operator.GT: ">", Operator.EQ: ">="}
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
            event_type: _Windows(event_type, found, selections) for event_type, found in windows.items()
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

    def __init__(self, event_type: str, rules: list[ActiveRule], selections: Selections) -> None:
        self._rules = rules
        bodies = [_body(rule) for rule in rules]
        selected = [
            {name: selections.of(watch.selector, rule.rule.by[1:]) for name, watch in body.watches.items()}
            for rule, body in zip(rules, bodies, strict=True)
        ]
        self._short = _compile(_ShortSource(event_type, is_newest=True), rules, selected)
        self._long = _compile(_LongSource(event_type, is_newest=True), rules, selected)
        self._short_late = _compile(_ShortSource(event_type, is_newest=False), rules, selected)
        self._long_late = _compile(_LongSource(event_type, is_newest=False), rules, selected)

    def candidates(self, history: History, event: Event) -> list[ActiveRule]:
        """The rules that the event, the newest of the history, can make hold."""
        if history.folded is not None:
            return self._rules
        if len(history.entries) <= SHORT:
            return self._short(history, event)
        return self._long(history, event)

    def touched(self, history: History, event: Event) -> list[ActiveRule]:
        """The rules for which the event, whatever came after it, can change what holds."""
        if history.folded is not None:
            return self._rules
        if len(history.entries) <= SHORT:
            return self._short_late(history, event)
        return self._long_late(history, event)


_Candidates = Callable[[History, Event], list[ActiveRule]]


def _body(rule: ActiveRule) -> Window:
    assert isinstance(rule.rule.body, Window)
    return rule.rule.body


def _compile(
    source: _ShortSource | _LongSource, rules: list[ActiveRule], selected: list[dict[str, Selection]]
) -> _Candidates:
    """A function (history, trigger) that gives the rules whose bound the trigger reaches."""
    tests, triggers = [], []
    for rule, by_watch in zip(rules, selected, strict=True):
        trigger = _any([source.selects(selection) for selection in by_watch.values()])
        triggers.append(trigger)
        tests.append(f" if ({trigger}) and ({_bound(source, rule, by_watch)}): found.append(")
    constants = source.constants
    lines = ["def compiled(history, e):", f" if not ({_any(triggers)}): return none", *source.lines()]
    lines += [
        " found = []",
        *(f"{test}{constants.name(rule)})" for test, rule in zip(tests, rules, strict=True)),
    ]
    constants.values["none"] = _NONE
    compiled: _Candidates = compile_function("\n".join([*lines, " return found"]), constants)
    return compiled


def _bound(source: _ShortSource | _LongSource, rule: ActiveRule, selected: dict[str, Selection]) -> str:
    """Source that is true unless no alternative of the rule, or of an override, can hold."""
    whens = [_body(rule).when, *(override.when for override in rule.rule.overrides if override.when)]
    return _any([_any([_bound_of_group(source, rule, group, selected) for group in when]) for when in whens])


def _bound_of_group(
    source: _ShortSource | _LongSource,
    rule: ActiveRule,
    group: tuple[Condition, ...],
    selected: dict[str, Selection],
) -> str:
    bounds = []
    for condition in group:
        measure = condition.measure
        if isinstance(measure, Measure):
            watch, selection = _body(rule).watches[measure.watch], selected[measure.watch]
            if measure.kind in _BOUNDED_BY_TOTALS:
                name = source.total(selection, watch, measure)
                bounds += [_bound_of(name, comparison) for comparison in condition.comparisons]
            elif measure.kind is MeasureKind.LAST and len(selected) == 1 and not watch.before:
                bounds += [source.of_trigger(measure.field or "", item) for item in condition.comparisons]
    return " and ".join(bound for bound in bounds if bound != _ALWAYS) or _ALWAYS


_BOUNDED_BY_TOTALS = (MeasureKind.COUNT, MeasureKind.DISTINCT, MeasureKind.SUM)


def _bound_of(name: str, comparison: Comparison) -> str:
    if comparison.operator is Operator.IN:
        assert isinstance(comparison.value, tuple)
        return f"{name} >= {min(comparison.value)!r}"
    if comparison.operator in _AT_LEAST:
        return f"{name} {_AT_LEAST[comparison.operator]} {comparison.value!r}"
    return _ALWAYS


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

    def __init__(self, event_type: str, is_newest: bool) -> None:
        self.event_type = event_type
        self.is_newest = is_newest
        self.constants = Constants()

    def selects(self, selection: Selection) -> str:
        """Source that is true where the selection selects the event."""
        return condition_source(selection, self.event_type, "e", self.constants) or ""

    def of_trigger(self, field: str, comparison: Comparison) -> str:
        """Source that is true unless the trigger's own value, the last of all, fails a comparison."""
        known = FIELDS[self.event_type].get(field)
        if known is None or not self.is_newest:
            return _ALWAYS
        compared = comparison_source(f"e.{field}", False, comparison, self.constants)
        return f"(e.{field} is None or {compared})" if known.optional else compared


class _ShortSource(_Source):
    """Totals over all events of a short history, whenever they were: taken in one pass."""

    def __init__(self, event_type: str, is_newest: bool) -> None:
        super().__init__(event_type, is_newest)
        self._totals: dict[tuple[str, str | None], tuple[str, Selection]] = {}

    def total(self, selection: Selection, _: Watch, measure: Measure) -> str:
        """The name of a number that the measure is not greater than."""
        slot = (selection.digest, _field_of(measure))
        return self._totals.setdefault(slot, (f"v{len(self._totals)}", selection))[0]

    def lines(self) -> list[str]:
        """The lines that take the totals."""
        if not self._totals:
            return []
        names = [name for name, _ in self._totals.values()]
        lines = [f" {' = '.join(names)} = 0", " for x, _ in history.entries:", "  t = x.type"]
        for event_type, updates in self._updates().items():
            lines.append(f"  if t == {self.constants.name(event_type)}:")
            lines += [f"   if {condition}: {'; '.join(found)}" for condition, found in updates.items()]
            lines.append("   continue")
        return lines

    def _updates(self) -> dict[str, dict[str, list[str]]]:
        """What to add up, by event type and condition."""
        updates: dict[str, dict[str, list[str]]] = {}
        for (_, field), (name, selection) in self._totals.items():
            for event_type in dict.fromkeys(selection.selector.events):
                condition = self._selects_alike(selection, event_type)
                if condition is None or (field is not None and field not in FIELDS[event_type]):
                    continue
                more = f"{name} += 1" if field is None else f"{name} += x.{field} or 0"
                updates.setdefault(event_type, {}).setdefault(condition, []).append(more)
        return updates

    def _selects_alike(self, selection: Selection, event_type: str) -> str | None:
        """Source that is true where an event `x` is selected for the key of the trigger."""
        condition = condition_source(selection, event_type, "x", self.constants)
        if condition is None or any(name not in FIELDS[self.event_type] for name in selection.key_fields):
            return None
        return " and ".join([condition, *(f"x.{name} == e.{name}" for name in selection.key_fields)])


class _LongSource(_Source):
    """Totals over the events of a long history, by search in the selections.

    Of those that lie in the window of the newest event; of all where there may be other triggers.
    """

    def __init__(self, event_type: str, is_newest: bool) -> None:
        super().__init__(event_type, is_newest)
        self._selected: dict[str, str] = {}
        self._lows: dict[tuple[str, int], str] = {}
        self._highs: dict[tuple[str, int], str] = {}
        self._totals: dict[str, str] = {}
        self._lines: list[str] = []

    def total(self, selection: Selection, watch: Watch, measure: Measure) -> str:
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

    def lines(self) -> list[str]:
        """The lines that take the totals."""
        self.constants.values["bisect"] = bisect_right
        return self._lines

    def _select(self, selection: Selection) -> str:
        fields = (f"e.{name}" if name in FIELDS[self.event_type] else "None" for name in selection.key_fields)
        return f"{self.constants.name(selection.of)}(history, ({''.join(f'{field}, ' for field in fields)}))"

    def _named(self, names: dict[Any, str], slot: Any, letter: str, value: str) -> str:
        """The name of a value, which is taken once."""
        if slot not in names:
            names[slot] = f"{letter}{len(names)}"
            self._lines.append(f" {names[slot]} = {value}")
        return names[slot]
