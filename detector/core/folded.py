"""The folded past of a key: time buckets, and samples of distinct values."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from typing import Any

import msgspec

Key = tuple[Any, ...]
"""The values of a rule's key fields after the first."""

MOST_SAMPLED = 32_768
"""The most values of a sample: counts err by less than 0.8 % (one standard deviation)."""

_HASH_BYTES = 8


class Cells(msgspec.Struct, array_like=True):
    """The buckets of one key, the oldest first: when each begins (ms), and a column for each measure."""

    starts: list[int] = []
    columns: dict[str, list[Any]] = {}

    def between(self, after: int, upto: int) -> slice:
        """The buckets that begin later than `after` and not later than `upto`."""
        low = bisect_right(self.starts, after)
        return slice(low, max(low, bisect_right(self.starts, upto)))


class Sample(msgspec.Struct):
    """A sample of the values of one field: for the hash of each, the buckets (as bits) it was seen in.

    Every value while there are few, then by their hashes every second, every fourth, ...: one in 2^`level`
    (P. Gibbons, Distinct Sampling, VLDB 2001). Bit 0 is the bucket of number `base`. How many values the
    `window` that was last asked for has, also in bits, is kept up to date in `counted`.
    """

    level: int = 0
    base: int = -1
    seen: dict[int, int] = {}
    window: int = 0
    counted: int = 0

    def note(self, value: Any, bucket: int) -> None:
        """See a value in a bucket."""
        hashed = _hash(value)
        if hashed & ((1 << self.level) - 1):
            return
        if self.base < 0 or bucket < self.base:
            self._rebase(bucket)
        before = self.seen.get(hashed, 0)
        after = before | (1 << (bucket - self.base))
        self.seen[hashed] = after
        self.counted += bool(after & self.window) - bool(before & self.window)
        while len(self.seen) > MOST_SAMPLED:
            self._halve()

    def count(self, low: int, high: int) -> int:
        """How many values were seen in the buckets from `low` to `high`, both included."""
        low = max(low, self.base)
        window = 0 if high < low else ((1 << (high - low + 1)) - 1) << (low - self.base)
        if window != self.window:
            self.window = window
            self.counted = sum(1 for buckets in self.seen.values() if buckets & window)
        return self.counted << self.level

    def forget(self, oldest: int) -> None:
        """Let go of the buckets before `oldest`."""
        if oldest > self.base >= 0:
            self._rebase(oldest)
        if not self.seen:
            self.level = 0

    def _rebase(self, base: int) -> None:
        shift = base - self.base if self.seen else 0
        moved = ((h, b >> shift if shift > 0 else b << -shift) for h, b in self.seen.items())
        self.seen = {hashed: buckets for hashed, buckets in moved if buckets}
        self.base = base
        self.window = self.counted = 0

    def _halve(self) -> None:
        self.level += 1
        mask = (1 << self.level) - 1
        self.seen = {hashed: buckets for hashed, buckets in self.seen.items() if not hashed & mask}
        self.window = self.counted = 0


class Folded(msgspec.Struct, array_like=True):
    """The folded past of one key: the position up to which everything was folded, cells and samples.

    Cells and samples are found by the name of what they belong to, then by the values of the key fields.
    """

    floor: tuple[int, str]
    cells: dict[str, dict[Key, Cells]] = {}
    samples: dict[str, dict[Key, Sample]] = {}


def _hash(value: Any) -> int:
    digest = hashlib.blake2b(str(value).encode(), digest_size=_HASH_BYTES).digest()
    return int.from_bytes(digest, "big")
