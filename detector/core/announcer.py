"""Turns anchors found and lost into alerts, each said once, with the next revision where it changes."""

from __future__ import annotations

from collections.abc import Mapping

from detector.core.active_rule import ActiveRule
from detector.core.alert import Alert
from detector.core.alert_record import AlertRecord
from detector.core.anchor import Anchor
from detector.core.history import History
from detector.core.rule import Mode


class Announcer:
    """Collects what one event leads to, and keeps the history's alert records in step with it.

    Args:
        history: of the key whose event is being observed.
        late: whether that event came after the allowed lateness.
        detected_at: the time, in ms since 1970 UTC, that the alerts carry.
        keeps: how long, in ms, a history keeps events of each rule (by id), and so may still be told one of a
            period.
    """

    def __init__(self, history: History, late: bool, detected_at: int, keeps: Mapping[str, int]) -> None:
        self.alerts: list[Alert] = []
        self._history = history
        self._late = late
        self._detected_at = detected_at
        self._keeps = keeps

    def found(self, rule: ActiveRule, anchor: Anchor) -> None:
        """Raise the alert of an anchor, unless it stands already where the rule's alerts go."""
        alert_id = rule.alert_id(self._history, anchor)
        record = self._history.alerts.get(alert_id)
        if record is None:
            case_id = rule.case_id(self._history, anchor)
            record = AlertRecord(
                rule_id=rule.rule.id,
                alert_id=alert_id,
                case_id=case_id,
                severity=anchor.severity,
                anchor=anchor.position,
                first=anchor.position,
                revision=0,
                standing=False,
                until=0,
            )
        elif record.standing:
            self._date_back(record, anchor)
            if not _is_news(rule, record):
                return
        else:
            record.first = anchor.position
        self.name_anew(rule, record, anchor)

    def name_anew(self, rule: ActiveRule, record: AlertRecord, anchor: Anchor) -> None:
        """Publish an alert as raised by this anchor."""
        history = self._history
        event = history.entries[anchor.at].event
        record.anchor = anchor.position
        record.case_id = rule.case_id(history, anchor)
        record.revision += 1
        # What stands live is corrected there, whatever has become of the rule since.
        record.in_shadow = rule.rule.mode is Mode.SHADOW and (record.in_shadow or not record.standing)
        record.standing = True
        until = rule.period_end(event.event_time) + self._keeps[rule.rule.id]
        record.until = max(record.until, until)
        history.keep_until = max(history.keep_until, record.until)
        history.record(record)
        self.alerts.append(rule.raised(history, anchor, record, self._detected_at, self._late))

    def withdraw(self, rule: ActiveRule, record: AlertRecord) -> None:
        """Take back an alert that has no anchor any more."""
        record.revision += 1
        record.standing = False
        self._history.record(record)
        self.alerts.append(rule.withdrawn(self._history, record, self._detected_at, self._late))

    def _date_back(self, record: AlertRecord, anchor: Anchor) -> None:
        if anchor.position < record.first:
            record.first = anchor.position
            self._history.record(record)


def _is_news(rule: ActiveRule, record: AlertRecord) -> bool:
    """Whether a standing alert is known in shadow alone while its rule is live by now."""
    return record.in_shadow and rule.rule.mode is Mode.LIVE
