"""The worker's own copy of the histories it works on, so that a busy key is read from Redis once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from detector.core.engine import Engine
from detector.core.history import History
from detector.state.codec import Codec
from detector.state.store import StateStore, Write

_COMPACT_FROM = 64
"""Stored items below which a rewrite would cost more than it saves."""


class Kept:
    """A history with the number of items that the store holds of it."""

    __slots__ = ("history", "stored")

    def __init__(self, history: History, stored: int) -> None:
        self.history = history
        self.stored = stored


class Histories:
    """Histories by partition and key, the least recently used forgotten first.

    Args:
        store: where histories are read from.
        codec: how they are written.
        engine: settles what was restored.
        keep_after: ms that a stored key outlives the last thing it is needed for.
        most_keys: how many stay in memory between rounds.
    """

    def __init__(
        self, store: StateStore, codec: Codec, engine: Engine, keep_after: int, most_keys: int
    ) -> None:
        self._store = store
        self._codec = codec
        self._engine = engine
        self._keep_after = keep_after
        self._most_keys = most_keys
        self._kept: OrderedDict[tuple[int, str], Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, place: tuple[int, str]) -> History:
        return self._kept[place].history

    async def load(self, wanted: Mapping[int, Iterable[str]]) -> None:
        """Have the histories of these keys, by partition; those not in memory are read in one go."""
        missing: dict[int, list[str]] = {}
        for partition, keys in wanted.items():
            for key in keys:
                place = (partition, key)
                if place in self._kept:
                    self._kept.move_to_end(place)
                else:
                    missing.setdefault(partition, []).append(key)
        if not missing:
            return
        stored = await self._store.load_many(missing)
        for partition, keys in missing.items():
            for key, data in zip(keys, stored[partition], strict=True):
                self._kept[partition, key] = self._restored(data, partition, key)

    def write_of(self, partition: int, key: str) -> Write | None:
        """What must be stored of a key since it was last asked; None where nothing was added."""
        kept = self._kept[partition, key]
        history = kept.history
        if not history.unsaved:
            return None
        rewrite = kept.stored > _COMPACT_FROM and kept.stored > 4 * len(history)
        items = history.contents() if rewrite else history.unsaved
        data, kept.stored = self._codec.encode(items, 0 if rewrite else kept.stored)
        history.unsaved = []
        keep_ms = max(0, history.keep_until - history.newest) + self._keep_after
        return Write(key, data, rewrite, keep_ms)

    def forget_surplus(self) -> None:
        """Let go of the least recently used beyond the limit; only when all is stored."""
        while len(self._kept) > self._most_keys:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Let go of everything: what is in memory may be newer or older than what is stored."""
        self._kept.clear()

    def _restored(self, data: bytes | None, partition: int, key: str) -> Kept:
        if data is None:
            return Kept(History(), 0)
        history, stored = self._codec.decode(data, partition, key)
        self._engine.settle(history)
        return Kept(history, stored)
