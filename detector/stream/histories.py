"""The worker's own copy of the histories it works on, so that a busy key is read from Redis once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping

from detector.core.history import History
from detector.state.codec import Tail
from detector.state.store import StateStore, Write
from detector.stream.scopes import Scopes

_REWRITE_FROM = 64
"""Stored items up to which a rewrite would cost more than it saves."""
_EXACT_UPTO = 128
"""Stored items, some fifty events, up to which the store keeps no room for more."""
_WRITTEN_WITHIN_S = 60.0


class Histories:
    """Histories by partition and the store's key, the longest known forgotten first.

    Args:
        store: where histories are read from.
        scopes: how those of each scope are written, and settled when they are restored.
        keep_after: ms that a stored key outlives the last thing it is needed for.
        most_events: how many events stay in memory between rounds; each key counts as one, too.
    """

    def __init__(self, store: StateStore, scopes: Scopes, keep_after: int, most_events: int) -> None:
        self._store = store
        self._scopes = scopes
        self._keep_after = keep_after
        self._most_events = most_events
        self._kept: dict[int, dict[str, History]] = {}
        self._sizes: Counter[int] = Counter()
        self._unsettled: dict[int, set[str]] = {}
        self._folded = 0

    def __len__(self) -> int:
        return sum(map(len, self._kept.values()))

    def of(self, partition: int) -> dict[str, History]:
        """The histories of a partition that are in memory, by key."""
        return self._kept.get(partition, {})

    async def load(self, wanted: Mapping[int, Iterable[str]]) -> None:
        """Have the histories of these keys, by partition; those not in memory are read in one go."""
        missing: dict[int, list[str]] = {}
        for partition, keys in wanted.items():
            kept = self._kept.setdefault(partition, {})
            self._settle(partition, keys)
            if absent := [key for key in keys if key not in kept]:
                missing[partition] = absent
        if not missing:
            return
        stored = await self._store.load_many(missing)
        for partition, absent in missing.items():
            kept = self._kept[partition]
            for key, data in zip(absent, stored[partition], strict=True):
                history = kept[key] = History() if data is None else self._restored(data, partition, key)
                self._sizes[partition] += _size(history)

    def writes_of(self, partition: int, keys: Iterable[str]) -> list[Write]:
        """What must be stored of these keys since it was last asked."""
        kept = self._kept[partition]
        writes = []
        for key in keys:
            history = kept[key]
            if history.unsaved:
                self._sizes[partition] -= _size(history)
                writes.append(self._write(key, history))
                self._sizes[partition] += _size(history)
        return writes

    def folded(self) -> int:
        """How many histories were written because events of them were folded, since it was last asked."""
        folded, self._folded = self._folded, 0
        return folded

    def forget_surplus(self) -> None:
        """Let go of the longest known beyond the limit; only when all is stored."""
        most = self._most_events // max(1, len(self._kept))
        for partition, kept in self._kept.items():
            surplus = []
            for key, history in kept.items():
                if self._sizes[partition] <= most:
                    break
                self._sizes[partition] -= _size(history)
                surplus.append(key)
            for key in surplus:
                del kept[key]

    def forget(self, partition: int) -> None:
        """Let go of a partition that another worker writes now."""
        self._kept.pop(partition, None)
        del self._sizes[partition]

    def clear(self) -> None:
        """Let go of everything: what is in memory may be newer or older than what is stored."""
        self._kept.clear()
        self._sizes.clear()

    def expect_others(self, reread: bool) -> None:
        """Have the scopes' engines, which are others now, settle what is in memory when it is next asked for.

        With `reread` it is read again instead, as after a restart: the store may hold more of the past
        than the former engines had a use for.
        """
        if reread:
            self.clear()
        for kept in self._kept.values():
            for history in kept.values():
                # They would keep the former engine's lists in memory.
                history.selections.clear()
        self._unsettled = {partition: set(kept) for partition, kept in self._kept.items()}

    def _settle(self, partition: int, keys: Iterable[str]) -> None:
        """Settle those of the keys that another engine has kept."""
        unsettled = self._unsettled.get(partition)
        for key in [key for key in keys if key in unsettled] if unsettled else ():
            self._unsettled[partition].remove(key)
            if (history := self._kept[partition].get(key)) is not None:
                self._scopes.of(key)[0].engine.settle(history)

    def _write(self, key: str, history: History) -> Write:
        codec = self._scopes.of(key)[0].codec
        tail = history.stored
        now = time.monotonic()
        replace = tail is None or history.rewrite or now > tail.held_until or _is_mostly_over(tail, history)
        if replace:
            tail = history.stored = Tail()
        data = codec.encode(history.contents() if replace else history.unsaved, tail)
        self._folded += history.rewrite and history.folded is not None
        history.unsaved = []
        history.rewrite = False
        keep_ms = max(0, history.keep_until - history.newest) + self._keep_after
        # Half the time only: the store's clock is another.
        tail.held_until = now + keep_ms / 1000 / 2
        tail.events = len(history)
        return Write(key, data, replace, keep_ms, exact=tail.items <= _EXACT_UPTO)

    def _restored(self, data: bytes, partition: int, key: str) -> History:
        scope, own = self._scopes.of(key)
        history = scope.codec.decode(data, partition, own)
        scope.engine.settle(history)
        # How much longer it is stored is not known, but it is written soon, for it was asked for.
        history.stored.held_until = time.monotonic() + _WRITTEN_WITHIN_S
        history.stored.events = len(history)
        return history


def _size(history: History) -> int:
    """What a history counts for in memory: itself, and its events as of when it was stored or read."""
    tail: Tail | None = history.stored
    return 1 if tail is None else 1 + tail.events


def _is_mostly_over(tail: Tail, history: History) -> bool:
    """Whether of what is stored so much is over that a rewrite saves more than it costs."""
    return tail.items > _REWRITE_FROM and tail.items > 4 * (len(history) + len(history.alerts))
