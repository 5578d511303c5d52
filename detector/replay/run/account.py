"""What a task has to say of one rule set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from detector.core.alert import Alert
from detector.replay.run.alert_runs import AlertRuns, Spoken
from detector.replay.summary import Published, Summary

_encoder = msgspec.json.Encoder()


class Account:
    """Its numbers, and its alerts on disk.

    Args:
        stem: what the files of alerts are called, with a number behind.
        at_most: so many bytes of alerts are held before they are written.
    """

    def __init__(self, stem: Path, at_most: int) -> None:
        self.summary = Summary()
        self._published = Published()
        self._runs = AlertRuns(stem, at_most)

    def say(self, place: int, scope: int, alerts: Sequence[Alert]) -> None:
        """Take what the event of that place led to in a scope."""
        for number, alert in enumerate(alerts):
            self._published.note(alert)
            self._runs.add(Spoken(place, scope, number, _encoder.encode(alert)))

    def closed(self) -> tuple[Summary, list[Path]]:
        """The numbers and the files of alerts, once there are no more."""
        self.summary.published = self._published.total
        self.summary.standing = self._published.standing()
        return self.summary, self._runs.written()
