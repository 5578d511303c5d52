"""What is still to come."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")


class Agenda(Generic[T]):
    """What is to come, by time; what comes at one time in the order in which it was added."""

    def __init__(self) -> None:
        self._items: list[tuple[int, int, T]] = []
        self._added = 0

    def add(self, at: int, item: T) -> None:
        """Puts an item down for a time, in ms."""
        heappush(self._items, (at, self._added, item))
        self._added += 1

    def is_due(self, now: int) -> bool:
        """Whether there is an item for that time or before it."""
        return bool(self._items) and self._items[0][0] <= now

    def pop(self) -> T:
        """The next item, which is taken off the agenda."""
        return heappop(self._items)[2]
