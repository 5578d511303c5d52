"""What a backtest came to, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from detector.core.alert import Alert, Status
from detector.core.engine import Outcome
from detector.core.events import Reason


class Interruption(NamedTuple):
    """How far a run came that was stopped: which keys it went through, and what share of their events.

    Keys are evaluated one by one: of those that it went through, a whole run says the same.
    Where `by_merchant` is true, all users were gone through, and the share is of the merchants' events.
    """

    by_merchant: bool
    share: float


@dataclass
class Summary:
    """What one rule set came to; `standing` counts the alerts that stand in the end, by rule and severity.

    `users` are those that events were of, `first_event_time` and `last_event_time` the earliest and latest
    of these (ms since 1970 UTC, None where there is none). `interruption` is None for a whole run.
    """

    events: int = 0
    duplicates: int = 0
    late: int = 0
    refused: Counter[Reason] = field(default_factory=Counter)
    published: int = 0
    standing: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: float = 0.0
    users: int = 0
    first_event_time: int | None = None
    last_event_time: int | None = None
    interruption: Interruption | None = None

    def count(self, outcomes: set[Outcome], late: bool) -> None:
        """Count what became of an event in all the scopes that it went through."""
        self.late += late
        if Outcome.DUPLICATE in outcomes:
            self.duplicates += 1
        elif outcomes == {Outcome.TOO_LATE}:
            self.refused[Reason.TOO_LATE] += 1

    def saw(self, event_times: Iterable[int]) -> None:
        """Note when events happened."""
        times = [*event_times, *_known(self.first_event_time, self.last_event_time)]
        if times:
            self.first_event_time, self.last_event_time = min(times), max(times)

    def add(self, other: Summary) -> None:
        """Take in the numbers of another part of the same run, which had other keys."""
        self.events += other.events
        self.duplicates += other.duplicates
        self.late += other.late
        self.refused += other.refused
        self.published += other.published
        self.standing += other.standing
        self.users += other.users
        self.saw(_known(other.first_event_time, other.last_event_time))


class Published:
    """Counts alerts as they are published, and remembers which of them stand."""

    def __init__(self) -> None:
        self.total = 0
        self._standing: dict[str, tuple[str, str]] = {}

    def note(self, alert: Alert) -> None:
        """Count one more."""
        self.total += 1
        if alert.status is Status.RAISED:
            self._standing[alert.alert_id] = (alert.rule_id, alert.severity)
        else:
            self._standing.pop(alert.alert_id, None)

    def standing(self) -> Counter[tuple[str, str]]:
        """How many stand, by rule and severity."""
        return Counter(self._standing.values())


def _known(*times: int | None) -> list[int]:
    return [time for time in times if time is not None]
