"""A window rule at one trigger: what was measured, against what, and by how much it misses."""

from __future__ import annotations

import msgspec

from detector.core.alert import EvidenceEvent
from detector.core.anchor import Anchor
from detector.core.events import Event
from detector.core.explain.explanation import (
    Alternative,
    Attempt,
    Compared,
    ConditionSeen,
    Occasion,
    Unit,
    WatchSeen,
    WindowSeen,
)
from detector.core.explain.fit import unfit
from detector.core.explain.mentions import mention, mentions, override_seen
from detector.core.history import Entry, History
from detector.core.predicates import compares
from detector.core.rule import Comparison, Condition, Measure, MeasureKind, Operator, Ratio, Rule, Window
from detector.core.window import Look, WindowEvaluator

AMOUNTS = ("amount", "new_limit")
"""The fields that hold amounts of money, in fen."""

_OF_A_VALUE = (MeasureKind.SUM, MeasureKind.MAX, MeasureKind.MIN, MeasureKind.LAST)
_AT_LEAST = (Operator.GTE, Operator.GT)
_AT_MOST = (Operator.LTE, Operator.LT)
_AFTER_ALL_OTHERS = "\U0010ffff"


class WindowExplainer:
    """Explains one window rule with the evaluator that decides for it."""

    def __init__(self, rule: Rule, evaluator: WindowEvaluator) -> None:
        self._rule = rule
        self._evaluator = evaluator

    def explained(self, history: History, upto: int) -> tuple[WindowSeen, list[Anchor]]:
        """The rule at the latest trigger up to an index, and the anchors that it is."""
        if upto < 0:
            return WindowSeen(latest=None, another=None, passed_over=None), []
        at = self._latest_trigger(history, upto)
        passed_over = None if at == upto else self._passed_over(history.entries[upto].event)
        if at is None:
            return WindowSeen(latest=None, another=None, passed_over=passed_over), []
        anchors = self._evaluator.anchors_at(history, at)
        latest = self._occasion(history, at, mention(history.entries[at].event))
        another = self._another(history, at, upto)
        return WindowSeen(latest=latest, another=another, passed_over=passed_over), anchors

    def _latest_trigger(self, history: History, upto: int) -> int | None:
        events = (history.entries[index].event for index in range(upto, -1, -1))
        found = (upto - back for back, event in enumerate(events) if self._evaluator.is_trigger(event))
        return next(found, None)

    def _passed_over(self, event: Event) -> Attempt | None:
        """Why an event is no trigger, by the selector that it fits best; None where none is for its type."""
        assert isinstance(self._rule.body, Window)
        reasons = [
            unfit(watch.selector, self._rule.by[1:], event, self._evaluator.lists)
            for watch in self._rule.body.watches.values()
            if event.type in watch.selector.events
        ]
        if not reasons:
            return None
        fewest = min(reasons, key=len)
        return Attempt(event=mention(event), after=None, reasons=tuple(fewest))

    def _another(self, history: History, at: int, upto: int) -> Occasion:
        """The same trigger once more, at the time of the newest event."""
        trigger = history.entries[at].event
        changed = {"event_id": _AFTER_ALL_OTHERS, "event_time": history.times[upto]}
        imagined: Event = msgspec.structs.replace(trigger, **changed)
        copied = History()
        for entry in history.entries[: upto + 1]:
            copied.insert(entry)
        copied.folded = history.folded
        index = copied.insert(Entry(imagined, None))
        named = EvidenceEvent(event_id="", type=imagined.type, event_time=imagined.event_time)
        return self._occasion(copied, index, named)

    def _occasion(self, history: History, at: int, named: EvidenceEvent) -> Occasion:
        event = history.entries[at].event
        look = self._evaluator.look(history, at)
        override = look.override
        fields = {name: getattr(event, name) for name in event.__struct_fields__}
        return Occasion(
            event=named,
            holds=bool(self._evaluator.anchors_at(history, at)),
            severity=(override and override.severity) or self._rule.severity,
            override=override_seen(self._rule, override, fields),
            alternatives=tuple(_alternative(group, look) for group in look.when),
            watches=self._watches(history, at, look),
            approximate=history.is_folded_after(event.event_time - self._rule.span),
        )

    def _watches(self, history: History, at: int, look: Look) -> tuple[WatchSeen, ...]:
        assert isinstance(self._rule.body, Window)
        now = history.times[at]
        return tuple(
            WatchSeen(
                name=name,
                after=now - watch.within,
                upto=now - watch.before,
                total=len(look.places[name]),
                events=mentions(history, look.places[name]),
                leaves_at=history.times[look.places[name][0]] + watch.within if look.places[name] else None,
            )
            for name, watch in self._rule.body.watches.items()
        )


def _alternative(group: tuple[Condition, ...], look: Look) -> Alternative:
    seen = tuple(_condition(condition, look) for condition in group)
    return Alternative(conditions=seen, holds=all(condition.holds for condition in seen))


def _condition(condition: Condition, look: Look) -> ConditionSeen:
    value = look.values[condition.name]
    compared = tuple(_compared(value, comparison) for comparison in condition.comparisons)
    return ConditionSeen(
        name=condition.name,
        value=value,
        unit=_unit(condition.measure),
        comparisons=compared,
        holds=all(comparison.holds for comparison in compared),
    )


def _compared(value: object, comparison: Comparison) -> Compared:
    holds = compares(value, comparison)
    missing = None if holds else _missing(value, comparison)
    return Compared(operator=comparison.operator, value=comparison.value, holds=holds, missing=missing)


def _missing(value: object, comparison: Comparison) -> float | int | None:
    bound = comparison.value
    if not isinstance(value, (int, float)) or not isinstance(bound, (int, float)):
        return None
    if comparison.operator in _AT_LEAST:
        return bound - value
    return value - bound if comparison.operator in _AT_MOST else None


def _unit(measure: Measure | Ratio) -> Unit:
    if isinstance(measure, Ratio):
        return Unit.PLAIN
    if measure.kind is MeasureKind.SPAN:
        return Unit.MILLISECONDS
    return Unit.FEN if measure.kind in _OF_A_VALUE and measure.field in AMOUNTS else Unit.PLAIN
