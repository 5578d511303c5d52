"""Events out of their order, some of them twice, and some that come later than is allowed."""

import random
from collections.abc import Iterator, Sequence

from tests.faults.load import Event

MINUTE = 60_000
_SHUFFLED_WITHIN = 5 * MINUTE
_TWICE = 0.035
_LATE = 15 * MINUTE
_TOO_LATE = 90 * 24 * 60 * MINUTE


def disordered(events: Sequence[Event], seed: int) -> list[Event]:
    """Have each event come up to five minutes of event time late, and a few more of them twice."""
    rng = random.Random(seed)
    again = [event for event in events if rng.random() < _TWICE]
    placed = [(event["event_time"] + rng.uniform(0, _SHUFFLED_WITHIN), event) for event in [*events, *again]]
    return [event for _, event in sorted(placed, key=lambda item: item[0])]


def tardy(number: int, newest: int) -> Iterator[Event]:
    """For so many users an event in time, then one that is late, then one that is too late for anything."""
    for user in range(number):
        for name, behind in (("in-time", 0), ("late", _LATE), ("too-late", _TOO_LATE)):
            yield {
                "event_id": f"tardy-{user}-{name}",
                "type": "transfer",
                "event_time": newest - behind,
                "user_id": f"tardy-{user}",
                "amount": 100,
                "currency": "CNY",
                "payee_id": f"payee-{user}",
                "auth_method": "password",
            }
