"""Whether the remote-session scam is told at the face verification, before the money moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from detector.core.alert import Alert
from detector.replay.fact import Fact
from detector.replay.frauds import Finder, Fraud, frauds_of, place
from detector.replay.labels import Labelled
from detector.replay.share import Share

_KIND, _FACE, _VERIFICATION = "remote-session", "face", "face_verification"


def alerted_at_the_face(
    alerts: Iterable[Alert], labels: Iterable[Labelled], facts: Mapping[str, Fact]
) -> Share:
    """Of the scams with a verified face, those with an alert at a face verification, before any payment.

    That may be a verification of the victim's own during the session, before that of the scam.
    """
    labels = list(labels)
    faces = {label.event_id for label in labels if label.kind == _KIND and label.role == _FACE}
    frauds = frauds_of(labels, facts)
    finder = Finder(frauds)
    in_time = {
        fraud.fraud_id
        for alert in alerts
        if alert.anchor.type == _VERIFICATION
        for fraud in finder.find(alert).about
        if _is_before_payments(alert, fraud)
    }
    scams = [fraud for fraud in frauds if any(event.event_id in faces for event in fraud.events)]
    return Share(sum(fraud.fraud_id in in_time for fraud in scams), len(scams))


def _is_before_payments(alert: Alert, fraud: Fraud) -> bool:
    anchor = (alert.event_time, alert.anchor.event_id)
    return all(anchor < place(payment) for payment in fraud.payments)
