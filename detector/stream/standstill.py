"""Which partitions stand still although Kafka has more of them, and since when."""

from collections.abc import Mapping
from typing import NamedTuple


class Place(NamedTuple):
    """Where a partition number is, over all its topics.

    `reached` is the sum of its next offsets, `left` the number of records beyond them. `waits` says that it
    has records at hand which it leaves to others' in the order of event time.
    """

    reached: int
    left: int
    waits: bool = False


class Standstill:
    """Compares what is seen of the partitions with what was seen before.

    Each partition counts for itself: that others move does not show that this one can. But one that waits
    for its turn stands still only when all do.
    """

    def __init__(self) -> None:
        self._reached: dict[int, int] = {}
        self._since: dict[int, float] = {}

    def look(self, places: Mapping[int, Place], now: float) -> Mapping[int, float]:
        """Since when each partition stands still; `now` for those that do not, or have no more to do."""
        moved = {number for number, place in places.items() if place.reached != self._reached.get(number)}
        self._since = {
            number: now
            if number in moved or not place.left or (place.waits and moved)
            else self._since[number]
            for number, place in places.items()
        }
        self._reached = {number: place.reached for number, place in places.items()}
        return self._since
