"""A rule ready to run: its compiled evaluator, its periods, and the words it has for an alert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from detector.core import alert as alerts
from detector.core.alert import MAX_EVIDENCE, Alert, AnchorEvent, EvidenceEvent, Status
from detector.core.alert_record import AlertRecord
from detector.core.anchor import Anchor, Evidence
from detector.core.events import Event, Position
from detector.core.folding import Folds
from detector.core.history import Entry, History
from detector.core.rule import MeasureKind, Mode, Rule, Window
from detector.core.selection import Selections
from detector.core.sequence import SequenceEvaluator
from detector.core.texts import WITHDRAWN, fill
from detector.core.window import WindowEvaluator


class ActiveRule:
    """One rule with what is computed from it once."""

    def __init__(self, rule: Rule, selections: Selections, folds: Folds) -> None:
        self.rule = rule
        self.span = rule.span
        self.evaluator: WindowEvaluator | SequenceEvaluator = (
            WindowEvaluator(rule, selections, folds)
            if isinstance(rule.body, Window)
            else SequenceEvaluator(rule, selections)
        )
        self.evaluations = 0
        self._version = rule.version

    def anchors_at(self, history: History, index: int) -> list[Anchor]:
        """The anchors at an index of the history; each look counts as one of `evaluations`."""
        self.evaluations += 1
        return self.evaluator.anchors_at(history, index)

    def period(self, position: Position) -> int | Position:
        """The number of the period that an anchor falls into; without a cooldown, the anchor itself."""
        return position[0] // self.rule.cooldown if self.rule.cooldown else position

    def period_end(self, event_time: int) -> int:
        """The event time (ms) at which the period of an anchor is over."""
        cooldown = self.rule.cooldown
        return (event_time // cooldown + 1) * cooldown if cooldown else event_time

    def alert_id(self, history: History, anchor: Anchor) -> str:
        """The id of the alert that an anchor raises."""
        key = self._key(history, anchor)
        return alerts.alert_id(self.rule.id, key, anchor.severity, self.period(anchor.position))

    def case_id(self, history: History, anchor: Anchor) -> str:
        """The id of the story that an anchor belongs to."""
        key = self._key(history, anchor)
        if anchor.first is not None:
            return alerts.case_of_sequence(self.rule.id, key, anchor.first)
        return alerts.case_of_period(self.rule.id, key, self.period(anchor.position))

    def is_of_another_key(self, history: History, record: AlertRecord, event: Event) -> bool:
        """Whether an alert was raised for another key than the event's, so that the event cannot touch it.

        A rule whose key has changed may have raised it by an event that lacks the new one: that is touched.
        """
        at = history.place(record.anchor)
        if not self.rule.by[1:] or at == len(history):
            return False
        anchor = history.entries[at].event
        pairs = [(getattr(anchor, name, None), getattr(event, name, None)) for name in self.rule.by[1:]]
        return all(own is not None for own, _ in pairs) and any(own != other for own, other in pairs)

    def next_anchor(self, history: History, at: int, record: AlertRecord) -> Anchor | None:
        """The first anchor of an alert's period at or after an index of the history."""
        end = self.period_end(record.first[0])
        for index in range(at, len(history)):
            if history.times[index] > end:
                return None
            for anchor in self.anchors_at(history, index):
                if self.alert_id(history, anchor) == record.alert_id:
                    return anchor
        return None

    def raised(
        self, history: History, anchor: Anchor, record: AlertRecord, detected_at: int, late: bool
    ) -> Alert:
        """The alert of an anchor, with what was measured and the events it rests on."""
        event, _ = entry = history.entries[anchor.at]
        findings = self.evaluator.findings(history, anchor)
        override = anchor.override
        values = {name: getattr(event, name) for name in event.__struct_fields__} | findings.values
        texts = (override and override.explanation) or self.rule.explanation
        return Alert(
            **self._about(entry, record, detected_at, late),
            status=Status.RAISED,
            severity=anchor.severity,
            action=(override and override.action) or self.rule.action,
            explanation=fill(texts, values, self._durations(findings.values)),
            measures=findings.measures,
            thresholds=findings.thresholds,
            evidence=[_evidence_event(history, item) for item in findings.evidence[-MAX_EVIDENCE:]],
            evidence_total=len(findings.evidence),
            approximate=anchor.approximate,
        )

    def withdrawn(self, history: History, record: AlertRecord, detected_at: int, late: bool) -> Alert:
        """The withdrawal of an alert, naming the event that had raised it."""
        entry = history.entries[history.place(record.anchor)]
        return Alert(
            **self._about(entry, record, detected_at, late),
            status=Status.WITHDRAWN,
            severity=record.severity,
            action=self.rule.action,
            explanation=WITHDRAWN,
            measures={},
            thresholds={},
            evidence=[],
            evidence_total=0,
            approximate=False,
        )

    def _about(self, entry: Entry, record: AlertRecord, detected_at: int, late: bool) -> dict[str, Any]:
        """What an alert and its withdrawal say alike."""
        event = entry.event
        return {
            "alert_id": record.alert_id,
            "revision": record.revision,
            "case_id": record.case_id,
            "rule_id": self.rule.id,
            "rule_version": self._version,
            "mode": Mode.SHADOW if record.in_shadow else Mode.LIVE,
            "anchor": _anchor_event(entry),
            "entity": self._entity(event),
            "event_time": event.event_time,
            "detected_at": detected_at,
            "title": self.rule.title,
            "late": late,
        }

    def _key(self, history: History, anchor: Anchor) -> tuple[Any, ...]:
        return (getattr(history.entries[anchor.at].event, self.rule.by[0]), *anchor.key)

    def _durations(self, values: Mapping[str, Any]) -> dict[str, int]:
        """What a text may name that is a duration."""
        spans = {name: value for name, value in values.items() if name.startswith(MeasureKind.SPAN)}
        return {"within": self.span} | (spans if isinstance(self.rule.body, Window) else {})

    def _entity(self, event: Event) -> dict[str, str]:
        # A rule whose key has changed may take back what it had said of an event that lacks the new one.
        found = {name: getattr(event, name, None) for name in self.rule.by}
        return {name: value for name, value in found.items() if value is not None}


_ABOUT_AN_ANCHOR = ("amount", "merchant_id", "merchant_tier", "user_tier")


def _anchor_event(entry: Entry) -> AnchorEvent:
    event, source = entry
    about = {name: getattr(event, name, None) for name in _ABOUT_AN_ANCHOR}
    place = {} if source is None else source._asdict()
    return AnchorEvent(event_id=event.event_id, type=event.type, **about, **place)


def _evidence_event(history: History, item: Evidence) -> EvidenceEvent:
    event = history.entries[item.at].event
    return EvidenceEvent(
        event_id=event.event_id, type=event.type, event_time=event.event_time, step=item.step
    )
