"""The money that alerts and frauds are about."""

from __future__ import annotations

from collections.abc import Iterable

from detector.core.alert import Alert
from detector.replay.examples import amount_at_stake
from detector.replay.frauds import Fraud


def at_stake(alerts: Iterable[Alert]) -> int:
    """The money at stake in all of these, in fen; where several name one event, the most of them counts."""
    anchors: dict[str, int] = {}
    for alert in alerts:
        anchor = alert.anchor.event_id
        anchors[anchor] = max(anchors.get(anchor, 0), amount_at_stake(alert))
    return sum(anchors.values())


def moved(fraud: Fraud) -> int:
    """The money that a fraud's events moved, in fen."""
    return sum(event.amount or 0 for event in fraud.payments)
