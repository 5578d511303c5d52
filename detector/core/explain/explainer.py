"""Explains one rule for one key: whether it holds, by the engine's own word, and why or by how much not."""

from __future__ import annotations

from detector.core.active_rule import ActiveRule
from detector.core.alert_record import AlertRecord
from detector.core.anchor import Anchor
from detector.core.events import Position
from detector.core.explain.explanation import Explanation, Held, Said
from detector.core.explain.mentions import mention
from detector.core.explain.sequences import SequenceExplainer
from detector.core.explain.windows import WindowExplainer
from detector.core.folding import Folds
from detector.core.history import History
from detector.core.lists import Lists
from detector.core.rule import Rule
from detector.core.selection import Selections
from detector.core.window import WindowEvaluator


class Explainer:
    """Explains a rule with the compiled evaluator that decides for it; a rule in mode off, too.

    `lists` are by name, at least those that the rule looks things up in.
    """

    def __init__(self, rule: Rule, lists: Lists) -> None:
        self._rule = rule
        self._active = ActiveRule(rule, Selections(lists), Folds(0))
        evaluator = self._active.evaluator
        self._windows = self._sequences = None
        if isinstance(evaluator, WindowEvaluator):
            self._windows = WindowExplainer(rule, evaluator)
        else:
            self._sequences = SequenceExplainer(rule, evaluator)

    def explain(self, history: History, upto: int | None = None, alert_id: str | None = None) -> Explanation:
        """What the rule makes of a history up to and including the event at an index, the newest by default.

        An engine must have caught up with a history that was restored. Where that event raises several
        alerts, `alert_id` says which is meant.
        """
        last = len(history) - 1 if upto is None else upto
        # They are numbered by each engine on its own.
        history.selections.clear()
        window = sequence = None
        if self._windows is not None:
            window, anchors = self._windows.explained(history, last)
            about = None if window.latest is None else window.latest.event
        else:
            assert self._sequences is not None
            number = self._step_of(history, last, alert_id)
            sequence, anchors = self._sequences.explained(history, last, number)
            about = next((event for step in reversed(sequence.steps) for event in step.events), None)
        history.selections.clear()
        at = None if about is None else history.place((about.event_time, about.event_id))
        return Explanation(
            rule_id=self._rule.id,
            title=self._rule.title,
            mode=self._rule.mode,
            key=self._key(history, at),
            newest=history.times[last] if last >= 0 else None,
            held=tuple(self._held(history, anchor) for anchor in anchors),
            window=window,
            sequence=sequence,
            alerts=self._alerts(history, last),
        )

    def _step_of(self, history: History, at: int, alert_id: str | None) -> int | None:
        """The number of the step by which the event at an index raises an alert."""
        if alert_id is None or at < 0:
            return None
        anchors = self._active.anchors_at(history, at)
        chains = [anchor.chain for anchor in anchors if self._active.alert_id(history, anchor) == alert_id]
        return next((len(chain) - 1 for chain in chains if chain is not None), None)

    def _key(self, history: History, at: int | None) -> dict[str, str]:
        if at is None:
            return {}
        event = history.entries[at].event
        found = {name: getattr(event, name, None) for name in self._rule.by}
        return {name: value for name, value in found.items() if value is not None}

    def _held(self, history: History, anchor: Anchor) -> Held:
        alert_id = self._active.alert_id(history, anchor)
        record = history.alerts.get(alert_id)
        event = history.entries[anchor.at].event
        return Held(
            event=mention(event, None if anchor.chain is None else list(anchor.chain)[-1]),
            severity=anchor.severity,
            alert_id=alert_id,
            quiet_until=self._active.period_end(event.event_time) if self._rule.cooldown else None,
            said=None if record is None else _said(record),
        )

    def _alerts(self, history: History, last: int) -> tuple[Said, ...]:
        """The alerts on record up to the last event looked at."""
        end: Position = history.position(last) if last >= 0 else (-1, "")
        own = [record for record in history.alerts.values() if record.rule_id == self._rule.id]
        own.sort(key=lambda record: (record.anchor, record.alert_id))
        return tuple(_said(record) for record in own if record.anchor <= end)


def _said(record: AlertRecord) -> Said:
    event_time, event_id = record.anchor
    return Said(
        alert_id=record.alert_id,
        severity=record.severity,
        stands=record.standing,
        revision=record.revision,
        event_id=event_id,
        event_time=event_time,
    )
