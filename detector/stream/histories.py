"""The worker's own copy of the histories it works on, so that a busy key is read from Redis once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from detector.core.engine import Engine
from detector.core.history import History
from detector.state.codec import Codec, Tail
from detector.state.store import StateStore, Write

_REWRITE_FROM = 64
"""Stored items up to which a rewrite would cost more than it saves."""
_EXACT_UPTO = 128
"""Stored items, some fifty events, up to which the store keeps no room for more."""


class Histories:
    """Histories by partition and key, the longest known forgotten first.

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
        self._kept: dict[int, dict[str, History]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._kept.values()))

    def of(self, partition: int) -> Mapping[str, History]:
        """The histories of a partition that are in memory, by key."""
        return self._kept.get(partition, {})

    async def load(self, wanted: Mapping[int, Iterable[str]]) -> None:
        """Have the histories of these keys, by partition; those not in memory are read in one go."""
        missing: dict[int, list[str]] = {}
        for partition, keys in wanted.items():
            kept = self._kept.setdefault(partition, {})
            if absent := [key for key in keys if key not in kept]:
                missing[partition] = absent
        if not missing:
            return
        stored = await self._store.load_many(missing)
        for partition, absent in missing.items():
            kept = self._kept[partition]
            for key, data in zip(absent, stored[partition], strict=True):
                kept[key] = History() if data is None else self._restored(data, partition, key)

    def writes_of(self, partition: int, keys: Iterable[str]) -> list[Write]:
        """What must be stored of these keys since it was last asked."""
        kept = self._kept[partition]
        return [self._write(key, kept[key]) for key in keys if kept[key].unsaved]

    def forget_surplus(self) -> None:
        """Let go of the longest known beyond the limit; only when all is stored."""
        most = self._most_keys // max(1, len(self._kept))
        for kept in self._kept.values():
            for key in list(islice(kept, max(0, len(kept) - most))):
                del kept[key]

    def forget(self, partition: int) -> None:
        """Let go of a partition that another worker writes now."""
        self._kept.pop(partition, None)

    def clear(self) -> None:
        """Let go of everything: what is in memory may be newer or older than what is stored."""
        self._kept.clear()

    def _write(self, key: str, history: History) -> Write:
        tail = history.stored
        replace = tail is None or history.rewrite or _is_mostly_over(tail, history)
        if replace:
            tail = history.stored = Tail()
        data = self._codec.encode(history.contents() if replace else history.unsaved, tail)
        history.unsaved = []
        history.rewrite = False
        keep_ms = max(0, history.keep_until - history.newest) + self._keep_after
        return Write(key, data, replace, keep_ms, exact=tail.items <= _EXACT_UPTO)

    def _restored(self, data: bytes, partition: int, key: str) -> History:
        history = self._codec.decode(data, partition, key)
        self._engine.settle(history)
        return history


def _is_mostly_over(tail: Tail, history: History) -> bool:
    """Whether of what is stored so much is over that a rewrite saves more than it costs."""
    return tail.items > _REWRITE_FROM and tail.items > 4 * (len(history) + len(history.alerts))
