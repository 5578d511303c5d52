"""What a round adds to the metrics: counted once a round, not once an event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from faust.types import TP

from detector.core.alert import Alert, Status
from detector.core.engine import Outcome
from detector.core.events import Reason
from detector.monitor.metrics import Metrics
from detector.state import store
from detector.stream.dead_letters import DeadLetter
from detector.stream.event_times import EventTimes
from detector.stream.shares import Share

_REFUSED = "refused"


def begin_at_zero(metrics: Metrics, topics: Iterable[str]) -> None:
    """Show the counters before anything happens: no rate can be told from a series that begins at 1."""
    for topic in topics:
        metrics.duplicates_total.labels(topic)
        metrics.events_total.labels(topic, _REFUSED)
        for outcome in Outcome:
            metrics.events_total.labels(topic, outcome)
            metrics.late_events_total.labels(topic, outcome)
        for reason in Reason:
            metrics.dead_letters_total.labels(topic, reason)
    for committed in store.Outcome:
        metrics.state_commits_total.labels(committed)


def count_share(metrics: Metrics, times: EventTimes, partition: int, share: Share) -> None:
    """Count the events and alerts of a share that was committed, and note how far its events are."""
    by_topic = share.by_topic()
    _count_events(metrics, share, by_topic)
    _count_alerts(metrics, share.alerts)
    for topic, (_, event_time) in by_topic.items():
        times.note(TP(topic, partition), event_time)


def count_letters(metrics: Metrics, letters: Iterable[DeadLetter]) -> None:
    """Count dead letters that were written; those that came too late are counted as events elsewhere."""
    numbers = Counter((letter.record.topic, letter.refusal.reason) for letter in letters)
    for (topic, reason), number in numbers.items():
        metrics.dead_letters_total.labels(topic, reason).inc(number)
        if reason is not Reason.TOO_LATE:
            metrics.events_total.labels(topic, _REFUSED).inc(number)


def _count_events(metrics: Metrics, share: Share, by_topic: Mapping[str, tuple[int, int]]) -> None:
    usual = Counter({topic: number for topic, (number, _) in by_topic.items()})
    for (topic, outcome, late), number in share.unusual.items():
        usual[topic] -= number
        metrics.events_total.labels(topic, outcome).inc(number)
        if late:
            metrics.late_events_total.labels(topic, outcome).inc(number)
        if outcome is Outcome.DUPLICATE:
            metrics.duplicates_total.labels(topic).inc(number)
    for topic, number in share.resent.items():
        metrics.events_total.labels(topic, Outcome.DUPLICATE).inc(number)
        metrics.duplicates_total.labels(topic).inc(number)
    for topic, number in usual.items():
        metrics.events_total.labels(topic, Outcome.ACCEPTED).inc(number)


def _count_alerts(metrics: Metrics, alerts: Iterable[Alert]) -> None:
    for alert in alerts:
        if alert.status is Status.WITHDRAWN:
            metrics.alerts_withdrawn_total.labels(alert.rule_id).inc()
            continue
        metrics.alerts_total.labels(alert.rule_id, alert.severity, alert.mode).inc()
        metrics.last_alert_timestamp_seconds.labels(alert.rule_id).set(alert.detected_at / 1000)
