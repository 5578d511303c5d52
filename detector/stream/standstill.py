"""Which partitions stand still although Kafka has more of them, and since when."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

# Kafka's client hands partitions out in turn, and what it holds of one may be spread over two looks.
_OVERTAKEN = 3


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

    Where none moves, all that have records left stand still. That others move does not show that one can;
    but while others do, one may have to wait: for its turn in the order of event time, or, of many with
    a backlog, for its turn to be fetched, until one of the others has had three.
    """

    def __init__(self) -> None:
        self._reached: dict[int, int] = {}
        self._since: dict[int, float] = {}
        self._moves: Counter[int] = Counter()
        self._moves_before: dict[int, Counter[int]] = {}

    def look(self, places: Mapping[int, Place], now: float) -> Mapping[int, float]:
        """Since when each partition stands still; `now` for those that do not, or have no more to do."""
        moved = {number for number, place in places.items() if place.reached != self._reached.get(number)}
        self._moves.update(moved)
        self._reached = {number: place.reached for number, place in places.items()}
        since = {}
        for number, place in places.items():
            if number in moved or not place.left:
                self._moves_before[number] = self._moves.copy()
                since[number] = now
            elif moved and (place.waits or not self._is_overtaken(number)):
                since[number] = now
            else:
                since[number] = self._since[number]
        self._since = since
        return since

    def _is_overtaken(self, number: int) -> bool:
        before = self._moves_before[number]
        return any(moves - before[other] >= _OVERTAKEN for other, moves in self._moves.items())
