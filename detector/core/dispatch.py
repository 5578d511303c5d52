"""Dispatch: which rules an event can make hold at all, told cheaply before any of them is evaluated.

Most events make no rule hold. A sequence is left out where the key has no event that its earlier steps
select; a window where even all the events of the key, whenever they were, are too few or sum up to too
little. The latter rests on no summed field's being ever negative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from detector.core.active_rule import ActiveRule
from detector.core.events import FIELDS, Event
from detector.core.history import SHORT, Entry, History
from detector.core.predicates import Constants, Predicate, compile_function, compile_selector
from detector.core.rule import Comparison, Condition, Measure, MeasureKind, Operator, Selector, Window
from detector.core.selection import Selection, Selections, condition_source, identity
from detector.core.sequence import SequenceEvaluator

_AT_LEAST = {Operator.GTE: ">=", Operator.GT: ">", Operator.EQ: ">="}
_ALWAYS = "True"


class Marks:
    """A bit for each selector of a sequence's earlier step; a history bears the bits of its events."""

    def __init__(self) -> None:
        self._bits: dict[bytes, int] = {}
        self._by_type: dict[str, list[tuple[Predicate, int]]] = {}

    def bit(self, selector: Selector) -> int:
        """The bit of a selector."""
        known = identity(selector, ())
        if known not in self._bits:
            self._bits[known] = 1 << len(self._bits)
            for event_type, predicate in compile_selector(selector).items():
                self._by_type.setdefault(event_type, []).append((predicate, self._bits[known]))
        return self._bits[known]

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
        self.marks = Marks()
        sequences: dict[str, dict[int, list[ActiveRule]]] = {}
        windows: dict[str, list[ActiveRule]] = {}
        self._needs: dict[str, int] = {}
        for rule in rules:
            if isinstance(rule.evaluator, SequenceEvaluator):
                for event_type, number in rule.evaluator.completes.items():
                    needed = self._needed(rule.evaluator, number)
                    sequences.setdefault(event_type, {}).setdefault(needed, []).append(rule)
                lowest = min(rule.evaluator.completes.values(), default=0)
                self._needs[rule.rule.id] = self._needed(rule.evaluator, lowest)
            else:
                for event_type in rule.evaluator.event_types:
                    windows.setdefault(event_type, []).append(rule)
        self._sequences = {event_type: list(found.items()) for event_type, found in sequences.items()}
        self._windows = {
            event_type: _Windows(event_type, found, selections) for event_type, found in windows.items()
        }

    def candidates(self, history: History) -> list[ActiveRule]:
        """The rules that the newest event can make hold."""
        event = history.entries[-1][0]
        event_type = event.type
        windows = self._windows.get(event_type)
        found = [] if windows is None else windows.candidates(history, event)
        marks = history.marks
        for needed, rules in self._sequences.get(event_type, ()):
            if marks & needed == needed:
                found += rules
        return found

    def can_hold(self, rule: ActiveRule, history: History) -> bool:
        """Whether any event of the history can make a rule hold."""
        needed = self._needs.get(rule.rule.id, 0)
        return history.marks & needed == needed

    def _needed(self, evaluator: SequenceEvaluator, number: int) -> int:
        needed = 0
        for step in evaluator.steps[:number]:
            needed |= self.marks.bit(step.selector)
        return needed


class _Windows:
    """The window rules that events of one type can trigger, each with a bound that it cannot hold below."""

    def __init__(self, event_type: str, rules: list[ActiveRule], selections: Selections) -> None:
        self._totals = _Totals()
        self._rules = rules
        choices = []
        for rule in rules:
            by_watch = {
                name: selections.of(watch.selector, rule.rule.by[1:])
                for name, watch in _body(rule).watches.items()
            }
            choices.append((by_watch, _bound(rule, by_watch, self._totals)))
        self._short = _compile_short(event_type, choices, rules, self._totals)
        self._long = _compile_long(event_type, choices, rules, self._totals)

    def candidates(self, history: History, event: Event) -> list[ActiveRule]:
        """The rules that the event, the newest of the history, can make hold."""
        if history.folded is not None:
            return list(self._rules)
        entries = history.entries
        if len(entries) <= SHORT:
            return self._short(entries, event)
        return self._long(event, self._totals.of(history, event))


class _Totals:
    """Numbers over all the events of a key that a selection selects: how many, or the sum of a field."""

    def __init__(self) -> None:
        self.slots: dict[tuple[str, str | None], tuple[Selection, int | None]] = {}

    def name(self, selection: Selection, measure: Measure) -> str:
        """The name of a total in generated source; that of a measure which a total bounds from above."""
        field = measure.field if measure.kind is MeasureKind.SUM else None
        slot = (selection.digest, field)
        if slot not in self.slots:
            self.slots[slot] = (selection, None if field is None else selection.column(measure))
        return f"v{list(self.slots).index(slot)}"

    def of(self, history: History, event: Event) -> tuple[int, ...]:
        """The totals of the key of an event, over a long history."""
        found = []
        for selection, column in self.slots.values():
            selected = selection.of(
                history, tuple([getattr(event, name, None) for name in selection.key_fields])
            )
            found.append(len(selected.times) if column is None else selected.columns[column][-1])
        return tuple(found)


def _body(rule: ActiveRule) -> Window:
    assert isinstance(rule.rule.body, Window)
    return rule.rule.body


def _bound(rule: ActiveRule, by_watch: dict[str, Selection], totals: _Totals) -> str:
    """Source that is true where the totals are enough for one alternative of the rule or an override."""
    whens = [_body(rule).when, *(override.when for override in rule.rule.overrides if override.when)]
    return _any([_any([_bound_of_group(group, by_watch, totals) for group in when]) for when in whens])


def _bound_of_group(group: tuple[Condition, ...], by_watch: dict[str, Selection], totals: _Totals) -> str:
    bounds = []
    for condition in group:
        measure = condition.measure
        if isinstance(measure, Measure) and measure.kind in _BOUNDED:
            name = totals.name(by_watch[measure.watch], measure)
            bounds += [_bound_of(name, comparison) for comparison in condition.comparisons]
    return " and ".join(bound for bound in bounds if bound != _ALWAYS) or _ALWAYS


_BOUNDED = (MeasureKind.COUNT, MeasureKind.DISTINCT, MeasureKind.SUM)


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
    return " or ".join(f"({alternative})" for alternative in dict.fromkeys(alternatives))


_Choices = list[tuple[dict[str, Selection], str]]


def _choose_source(
    event_type: str, choices: _Choices, rules: list[ActiveRule], constants: Constants
) -> list[str]:
    """Lines that collect, for a trigger `e` and the totals, the rules that it can make hold."""
    lines = [" found = []"]
    for (by_watch, bound), rule in zip(choices, rules, strict=True):
        selected = [condition_source(one, event_type, "e", constants) for one in by_watch.values()]
        trigger = _any([source for source in selected if source is not None])
        lines.append(f" if ({trigger}) and ({bound}): found.append({constants.name(rule)})")
    return [*lines, " return found"]


def _compile_long(
    event_type: str, choices: _Choices, rules: list[ActiveRule], totals: _Totals
) -> Callable[[Event, tuple[int, ...]], list[ActiveRule]]:
    constants = Constants()
    unpack = f" {''.join(f'v{number}, ' for number in range(len(totals.slots)))}= v" if totals.slots else ""
    lines = ["def compiled(e, v):", unpack, *_choose_source(event_type, choices, rules, constants)]
    compiled: Callable[[Event, tuple[int, ...]], list[ActiveRule]] = compile_function(
        "\n".join(lines), constants
    )
    return compiled


def _compile_short(
    event_type: str, choices: _Choices, rules: list[ActiveRule], totals: _Totals
) -> Callable[[list[Entry], Event], list[ActiveRule]]:
    """A function (entries, trigger) that takes the totals in one pass over a short history."""
    constants = Constants()
    triggers = [
        condition_source(one, event_type, "e", constants)
        for by_watch, _ in choices
        for one in by_watch.values()
    ]
    lines = [
        "def compiled(entries, e):",
        f" if not ({_any([t for t in triggers if t is not None])}): return []",
    ]
    if totals.slots:
        lines += [f" v{number} = 0" for number in range(len(totals.slots))]
        lines += [" for x, _ in entries:", "  t = x.type", *_totals_source(event_type, totals, constants)]
    lines += _choose_source(event_type, choices, rules, constants)
    compiled: Callable[[list[Entry], Event], list[ActiveRule]] = compile_function("\n".join(lines), constants)
    return compiled


def _totals_source(trigger_type: str, totals: _Totals, constants: Constants) -> list[str]:
    by_type: dict[str, dict[str, list[str]]] = {}
    for number, ((_, field), (selection, _)) in enumerate(totals.slots.items()):
        for event_type in dict.fromkeys(selection.selector.events):
            condition = _same_key_source(selection, event_type, trigger_type, constants)
            if condition is not None:
                updates = by_type.setdefault(event_type, {}).setdefault(condition, [])
                updates += _update_source(event_type, field, number)
    lines = []
    for event_type, conditions in by_type.items():
        lines.append(f"  if t == {constants.name(event_type)}:")
        for condition, updates in conditions.items():
            lines.append(f"   if {condition}: {'; '.join(updates) or 'pass'}")
        lines.append("   continue")
    return lines


def _same_key_source(
    selection: Selection, event_type: str, trigger_type: str, constants: Constants
) -> str | None:
    condition = condition_source(selection, event_type, "x", constants)
    if condition is None or any(name not in FIELDS[trigger_type] for name in selection.key_fields):
        return None
    return " and ".join([condition, *(f"x.{name} == e.{name}" for name in selection.key_fields)])


def _update_source(event_type: str, field: str | None, number: int) -> list[str]:
    if field is None:
        return [f"v{number} += 1"]
    known = FIELDS[event_type].get(field)
    if known is None:
        return []
    return [f"v{number} += x.{field} or 0"]
