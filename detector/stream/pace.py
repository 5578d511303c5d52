"""Keeps the partitions of all workers together in event time while any has a backlog."""

from __future__ import annotations

import time
from collections.abc import Mapping

from detector.state.store import StateStore

# A worker that is killed is remembered until another has taken over: else the rest would run ahead meanwhile.
REMEMBERED_MS = 30_000
_EVERY_S = 0.5
_EVERY_WHILE_WAITING_S = 0.05

Turns = Mapping[int, int | None]
"""By partition the event time (ms) that it is at with what comes next; None where it has no backlog."""


class Pace:
    """Tells how far the partitions of other workers are, and them how far this one's are.

    Args:
        store: where workers leave how far theirs are.
        partitions: how many there are in all.
    """

    def __init__(self, store: StateStore, partitions: int) -> None:
        self._store = store
        self._partitions = partitions
        self._asked_at = 0.0
        self._left: Turns = {}
        self._slowest: int | None = None

    def begin(self) -> None:
        """Ask anew, for others own what they did not."""
        self._asked_at = 0.0
        self._slowest = None

    async def of_others(self, own: Turns, waiting: bool) -> int | None:
        """The event time that the furthest behind of the others is at; None where none has a backlog.

        Asks the store now and then, and more often while this worker is `waiting`.
        """
        if time.monotonic() - self._asked_at >= (_EVERY_WHILE_WAITING_S if waiting else _EVERY_S):
            await self._exchange(own)
        return self._slowest

    async def has_caught_up(self, own: Turns) -> None:
        """Say at once where a partition has no backlog any more: it may be long until more happens here."""
        if any(self._left.get(partition) is not None and turn is None for partition, turn in own.items()):
            await self._exchange(own)

    async def _exchange(self, own: Turns) -> None:
        # Who owns all tells as well: whoever joins knows nothing yet, and the rest must not run ahead.
        found = await self._store.exchange_turns(own, self._partitions, REMEMBERED_MS)
        self._left = own
        self._slowest = min(found.values(), default=None)
        self._asked_at = time.monotonic()
