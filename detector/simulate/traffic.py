"""What traffic is asked for, and how much event time it fills."""

from __future__ import annotations

from dataclasses import dataclass

from detector.simulate.spans import HOUR, MINUTE, SECOND

# A fraud takes so much event time at most; a remote session that ends late is the longest.
LONGEST_FRAUD = 50 * MINUTE
# So that every fraud finds its place among normal events: the largest one is a burst of 12 debits.
EVENTS_PER_FRAUD = 20

_BETWEEN_EVENTS_OF_A_USER = 10 * MINUTE
# Short traffic still shows whole frauds, early and late.
_SHORTEST = 4 * HOUR


@dataclass(frozen=True)
class Traffic:
    """The traffic that is asked for.

    Attributes:
        users: how many users there are, at least 1.
        events: how many events there are, in all.
        seed: the same seed, with the same other attributes, gives the same traffic.
        fraud: share of the users who fall victim to a fraud, 0 to 1; one user at least where it is above 0.
        start: event time of the first event, milliseconds since 1970 UTC.
        rate: events per second of event time over all users; None lets each user have an event about every
            ten minutes, or fewer, so that the traffic fills four hours at least.

    Raises:
        ValueError: an attribute is out of its range, or events or span leave no room for the frauds.
    """

    users: int
    events: int
    seed: int
    fraud: float
    start: int = 1_767_225_600_000
    rate: float | None = None

    def __post_init__(self) -> None:
        self._check_ranges()
        if self.victims:
            self._check_room_for_fraud()

    @property
    def victims(self) -> int:
        """How many users fall victim to a fraud."""
        return max(1, int(self.fraud * self.users + 0.5)) if self.fraud else 0

    @property
    def span(self) -> int:
        """The event time from the first event to the last, in milliseconds, within one mean gap."""
        if self.rate is not None:
            return int(self.events * SECOND / self.rate)
        return max(_SHORTEST, self.events * _BETWEEN_EVENTS_OF_A_USER // self.users)

    def _check_ranges(self) -> None:
        if self.users < 1:
            raise ValueError(f"users is {self.users}; it must be at least 1")
        if self.events < 0:
            raise ValueError(f"events is {self.events}; it must be at least 0")
        if not 0 <= self.fraud <= 1:
            raise ValueError(f"fraud is {self.fraud:g}; it is a share of the users, from 0 to 1")
        if self.start < 0:
            raise ValueError(f"start is {self.start}; it must be at least 0 (milliseconds since 1970 UTC)")
        if self.rate is not None and not self.rate > 0:
            raise ValueError(f"rate is {self.rate:g}; it must be above 0 (events per second)")

    def _check_room_for_fraud(self) -> None:
        room = self.events // EVENTS_PER_FRAUD
        if self.victims > room:
            raise ValueError(
                f"{self.victims} users with a fraud do not fit into {self.events} events (room for {room}): "
                "ask for more events or less fraud"
            )
        if self.span < 2 * LONGEST_FRAUD:
            raise ValueError(
                f"the traffic spans {self.span / MINUTE:.1f} min of event time, but frauds need "
                f"{2 * LONGEST_FRAUD // MINUTE} min: ask for a lower rate, more events, or no fraud"
            )
