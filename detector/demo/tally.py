"""What the demo saw: events sent, alerts by rule, frauds caught, and how long an alert took."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from detector.core.alert import Alert, Status
from detector.simulate import Label


@dataclass
class Tally:
    """Counts while the demo runs; times are seconds of the monotonic clock."""

    events: int = 0
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    alerts: Counter[tuple[str, str]] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    _sent_at: dict[str, float] = field(default_factory=dict)
    _fraud_of: dict[str, tuple[str, str]] = field(default_factory=dict)
    _caught: set[tuple[str, str]] = field(default_factory=set)

    def sent(self, event_id: str, label: Label | None) -> None:
        """An event goes to Kafka now."""
        self.events += 1
        self.ended = self._sent_at[event_id] = time.monotonic()
        if label is not None:
            self._fraud_of[event_id] = (label.kind, label.fraud_id)

    def seen(self, alert: Alert) -> None:
        """An alert was read from its topic now."""
        if alert.status is not Status.RAISED:
            return
        self.alerts[alert.rule_id, alert.severity] += 1
        sent_at = self._sent_at.get(alert.anchor.event_id)
        if sent_at is not None:
            self.latencies.append(time.monotonic() - sent_at)
        events = [alert.anchor.event_id, *(item.event_id for item in alert.evidence)]
        self._caught.update(self._fraud_of[event] for event in events if event in self._fraud_of)

    def simulated(self) -> Counter[str]:
        """How many frauds of each kind were sent, whole or in part."""
        return Counter(kind for kind, _ in set(self._fraud_of.values()))

    def caught(self) -> Counter[str]:
        """How many of them an alert rests on."""
        return Counter(kind for kind, _ in self._caught)

    def latency(self, percent: int) -> float | None:
        """A percentile of the seconds from sending an event to reading its alert; None without alerts."""
        ordered = sorted(self.latencies)
        return ordered[len(ordered) * percent // 100] if ordered else None
