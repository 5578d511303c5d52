"""What the workers of a fault run read: simulated traffic with frauds, duplicates and an audit at its end."""

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from detector.simulate import Traffic, simulate

HOUR = 3_600_000
AUDIT = "audit"
# Seed, events and users of a load for a single fault.
SMALL = (2, 6_000, 300)
# The same without frauds, all within twenty minutes of event time: of two events of a burst none is late.
DENSE = (3, 6_000, 900, 0.0, 5.0)
_DUPLICATES = 0.02
_APART_AT_MOST = 200

Event = dict[str, Any]


@dataclass(frozen=True)
class Load:
    """Events in the order in which they are sent, and the audit that follows when they are processed.

    Of the events a few come twice. `frauds` counts the users who are in a fraud pattern.
    """

    seed: int
    users: int
    frauds: int
    events: tuple[Event, ...]
    audit: tuple[Event, ...]

    @property
    def log(self) -> Iterator[Event]:
        """All that lies on the input topics in the end."""
        yield from self.events
        yield from self.audit


@cache
def load(
    seed: int,
    events: int = 50_000,
    users: int = 2_500,
    fraud: float = 0.05,
    rate: float | None = None,
) -> Load:
    """The load of a seed; always the same. `rate` is as in `Traffic`."""
    simulated = list(simulate(Traffic(users=users, events=events, seed=seed, fraud=fraud, rate=rate)))
    victims = {item.event["user_id"] for item in simulated if item.label is not None}
    sent = [dict(item.event) for item in simulated]
    return Load(seed, users, len(victims), tuple(_some_twice(sent, seed)), tuple(_audit(sent)))


def record(event: Event) -> tuple[bytes, bytes]:
    """Key and value of an event's record."""
    return event["user_id"].encode(), json.dumps(event).encode()


def _some_twice(events: list[Event], seed: int) -> list[Event]:
    """Send some of the events again a little later, as a producer does that heard no answer."""
    rng = random.Random(seed)
    placed = [(float(at), event) for at, event in enumerate(events)]
    for at, event in enumerate(events):
        if rng.random() < _DUPLICATES:
            placed.append((at + rng.uniform(0.5, _APART_AT_MOST), event))
    return [event for _, event in sorted(placed, key=lambda item: item[0])]


def _audit(events: Iterable[Event]) -> Iterator[Event]:
    """An event for each merchant that asks what was counted."""
    after = max(event["event_time"] for event in events) + HOUR
    for merchant in sorted({event["merchant_id"] for event in events if "merchant_id" in event}):
        yield {
            "event_id": f"audit-{merchant}",
            "type": "complaint",
            "event_time": after,
            "user_id": f"auditor-{merchant}",
            "merchant_id": merchant,
            "complaint_id": AUDIT,
            "status": "opened",
        }
