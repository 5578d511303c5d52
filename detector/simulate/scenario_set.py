"""What scenario set is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from detector.simulate.spans import DAY
from detector.simulate.strikes import ALL_STRIKES, Strike

DAYS = 35
"""How many days the set spans: the longest fraud takes 30."""
EVENTS_PER_FRAUD = 60
"""So many events must be asked for with each fraud, so that frauds find their place among normal events."""


@dataclass(frozen=True)
class ScenarioSet:
    """The scenario set that is asked for: normal life, frauds in variants, and look-alikes, over 35 days.

    Attributes:
        users: how many users there are, at least 1.
        events: how many events arrive in all, those that are sent again included.
        seed: the same seed, with the same other attributes, gives the same set.
        fraud: frauds in proportion to the users, 0 to 1; one fraud at least where it is above 0.
        strikes: which kinds of fraud occur in which variants, each of them equally often.
        look_alikes: how many users and merchants look like a fraud, in proportion to the prevalence that each
            look-alike states: 1 is as many, 0 none.
        start: event time of the first event, milliseconds since 1970 UTC, at the beginning of a day there.

    Raises:
        ValueError: an attribute is out of its range, or events leave no room for the frauds.
    """

    users: int
    events: int
    seed: int
    fraud: float = 0.001
    strikes: tuple[Strike, ...] = ALL_STRIKES
    look_alikes: float = 1.0
    start: int = 1_767_225_600_000

    def __post_init__(self) -> None:
        self._check_ranges()
        room = self.events // EVENTS_PER_FRAUD
        if self.frauds > room:
            raise ValueError(
                f"{self.frauds} frauds do not fit into {self.events} events (room for {room}): "
                "ask for more events or less fraud"
            )

    @property
    def frauds(self) -> int:
        """How many frauds there are."""
        return max(1, int(self.fraud * self.users + 0.5)) if self.fraud else 0

    @property
    def end(self) -> int:
        """The event time at which the set ends, ms."""
        return self.start + DAYS * DAY

    def _check_ranges(self) -> None:
        if self.users < 1:
            raise ValueError(f"users is {self.users}; it must be at least 1")
        if self.events < 0:
            raise ValueError(f"events is {self.events}; it must be at least 0")
        if not 0 <= self.fraud <= 1:
            raise ValueError(f"fraud is {self.fraud:g}; it is in proportion to the users, from 0 to 1")
        if not self.look_alikes >= 0:
            raise ValueError(f"look_alikes is {self.look_alikes:g}; it must be at least 0")
        if self.start < 0 or self.start % DAY:
            raise ValueError(f"start is {self.start}; it must be midnight UTC (milliseconds since 1970)")
