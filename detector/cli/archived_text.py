"""An alert of the archive as a person reads it: the alert, the events it rests on, and what analysts say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from detector.cli.alert_text import print_alert
from detector.cli.console import stdout
from detector.core.alert import Alert, EvidenceEvent
from detector.core.texts import printable
from detector.core.times import utc

_LANGUAGES = ("en", "zh")


def print_archived(row: Mapping[str, Any]) -> None:
    """Print a row of the archive to stdout."""
    alert = alert_of(row)
    print_alert(alert)
    print_evidence(alert)
    stdout.print(f"  mark  {_mark(row)}")


def print_evidence(alert: Alert) -> None:
    """Print the events that an alert rests on to stdout."""
    for event in alert.evidence:
        stdout.print(f"    {_told(event)}")
    left_out = alert.evidence_total - len(alert.evidence)
    if left_out > 0:
        stdout.print(f"    and {left_out} earlier")


def alert_of(row: Mapping[str, Any]) -> Alert:
    """The alert that a row was made from, as far as the row keeps it."""
    texts = {
        field: {language: row[f"{field}_{language}"] for language in _LANGUAGES}
        for field in ("title", "explanation")
    }
    times = {field: _milliseconds(row[field]) for field in ("event_time", "detected_at")}
    return msgspec.convert({**row, **texts, **times}, Alert)


def _milliseconds(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)


def _told(event: EvidenceEvent) -> str:
    step = f" ({event.step})" if event.step else ""
    return f"{utc(event.event_time)}  {event.type}{step}  {printable(event.event_id)}"


def _mark(row: Mapping[str, Any]) -> str:
    if row["disposition"] is None:
        return "none yet"
    note = f": {row['note']}" if row["note"] else ""
    at = datetime.fromisoformat(row["marked_at"]).astimezone(UTC)
    return f"{row['disposition']} by {row['marked_by']}, {at:%Y-%m-%d %H:%M:%S} UTC{note}"
