"""Whether the remote-session scam is told at the face verification, before the money moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from detector.core.alert import Alert
from detector.replay.fact import Fact
from detector.replay.frauds import Fraud, frauds_of, place
from detector.replay.labels import Labelled
from detector.replay.share import Share

_KIND, _FACE = "remote-session", "face"


def alerted_at_the_face(
    alerts: Iterable[Alert], labels: Iterable[Labelled], facts: Mapping[str, Fact]
) -> Share:
    """Of the scams with a verified face, those with an alert that names it, before the first payment."""
    labels = list(labels)
    faces = {label.event_id for label in labels if label.kind == _KIND and label.role == _FACE}
    named = {alert.anchor.event_id for alert in alerts}
    scams = [fraud for fraud in frauds_of(labels, facts) if _faces(fraud, faces)]
    return Share(sum(_is_in_time(fraud, faces, named) for fraud in scams), len(scams))


def _faces(fraud: Fraud, faces: set[str]) -> list[Fact]:
    return [event for event in fraud.events if event.event_id in faces]


def _is_in_time(fraud: Fraud, faces: set[str], named: set[str]) -> bool:
    alerted = [event for event in _faces(fraud, faces) if event.event_id in named]
    return bool(alerted) and all(place(alerted[0]) < place(payment) for payment in fraud.payments)
