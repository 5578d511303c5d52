"""The port: what the detector needs of a state store, and the values that pass through it."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

Origin = tuple[str, int]
"""Where a re-keyed record comes from: the source topic and partition."""

# About 31,000 years: beyond it Redis refuses a time to live, and would do so halfway through a commit.
MAX_KEEP_MS = 10**15


class Outcome(StrEnum):
    """What became of a guarded change."""

    APPLIED = "applied"
    ALREADY_APPLIED = "already_applied"
    FENCED = "fenced"
    MISMATCH = "mismatch"


class Ownership(msgspec.Struct, frozen=True):
    """A partition as its new owner finds it.

    `epoch` fences off every earlier owner. `offsets` holds the next offset by topic; a topic that
    never had one is missing. `seen` holds, for each origin of re-keyed records, the next source offset
    that no record came from yet.
    """

    partition: int
    epoch: str
    offsets: dict[str, int]
    seen: dict[Origin, int]


class Write(msgspec.Struct, frozen=True):
    """Bytes to append to a key's history, or to put in its place; kept for `keep_ms` from now.

    `key` begins with the prefix of its scope, which keeps it apart from another scope's.
    With `exact` the store takes no more room than the history has bytes, at the price of writing all of it
    anew: for short histories, of which there are many.
    """

    key: str
    data: bytes
    replace: bool
    keep_ms: int
    exact: bool = False


class Commit(msgspec.Struct, frozen=True):
    """One partition's share of a round, applied as a whole or not at all.

    `advance` maps a topic to its expected and its new next offset. It moves at least one topic: that is
    how a commit whose reply was lost is recognised when it comes again. `seen` holds the new values of
    those that change.
    """

    partition: int
    epoch: str
    advance: dict[str, tuple[int, int]]
    writes: list[Write]
    outbox: list[bytes]
    seen: dict[Origin, int] = {}

    def __post_init__(self) -> None:
        """Raise ValueError for a commit that cannot be repeated safely, or only applied in part."""
        steps = self.advance.values()
        if any(new < expected for expected, new in steps) or all(new == expected for expected, new in steps):
            raise ValueError("a commit moves at least one topic forward, and none backward")
        if not all(1 <= write.keep_ms <= MAX_KEEP_MS for write in self.writes):
            raise ValueError(f"a write is kept for 1 to {MAX_KEEP_MS} ms")


class CommitResult(msgspec.Struct, frozen=True):
    """The answer to a commit.

    `outbox_end` is the sequence number after the outbox's last entry. `stored` is filled for a MISMATCH
    alone: the stored next offsets of the topics that the commit meant to advance.
    """

    outcome: Outcome
    outbox_end: int
    stored: dict[str, int]


class Outbox(msgspec.Struct, frozen=True):
    """Entries not yet trimmed; their sequence numbers are first, first + 1, and so on."""

    first: int
    entries: list[bytes]


class Memory(msgspec.Struct, frozen=True):
    """How many bytes the store uses, and how many it may; 0: there is no limit."""

    used: int
    limit: int


class StateStore(Protocol):
    """Histories, offsets and outbox of partitions.

    Each change names the epoch of its owner and is safe to repeat. Every method may raise
    StateUnavailable or StateRefused.
    """

    async def acquire(self, partition: int, partitions: int) -> Ownership:
        """Take over a partition of topics with `partitions` partitions; fences off its former owner.

        Raises PartitionCountChanged, and changes nothing, when the state knows another count.
        """
        ...

    async def set_offsets(self, partition: int, epoch: str, offsets: Mapping[str, int]) -> Outcome:
        """Store the start offsets of topics that have none.

        MISMATCH, and nothing changes, when a topic has another offset already.
        """
        ...

    async def load_many(self, wanted: Mapping[int, Sequence[str]]) -> dict[int, list[bytes | None]]:
        """Read the histories of keys, by partition, in the order asked for; None where there is none."""
        ...

    async def commit(self, commits: Sequence[Commit]) -> list[CommitResult]:
        """Apply each commit as a whole or not at all, independently of the others.

        In this order: FENCED when the partition has a later epoch; MISMATCH when it has an earlier one or
        none, as of a store that lost what it held; APPLIED when every stored offset is the expected one;
        ALREADY_APPLIED when every stored offset is the new one; else MISMATCH.
        """
        ...

    async def outbox(self, partition: int) -> Outbox:
        """Read what the outbox of a partition holds."""
        ...

    async def trim_outbox(self, partition: int, epoch: str, upto: int) -> Outcome:
        """Drop the entries with a sequence number below `upto`: APPLIED, ALREADY_APPLIED or FENCED."""
        ...

    async def exchange_turns(
        self, own: Mapping[int, int | None], partitions: int, keep_ms: int
    ) -> dict[int, int]:
        """Leave how far the own partitions are in event time (ms), and see how far the other ones are.

        None says that a partition has no backlog; those without one, or of which nothing was left for
        `keep_ms`, are missing in the answer. Advice only: no epoch guards it.
        """
        ...

    async def owns(self, partition: int, epoch: str) -> bool:
        """Whether the partition still has that epoch: then no other owner wrote what was read before."""
        ...

    async def probe(self, partitions: Collection[int]) -> None:
        """Look at once whether the store answers where these partitions are; changes nothing.

        Raises StateUnavailable also while another call is being repeated for want of an answer.
        """
        ...

    async def memory(self) -> Memory:
        """Ask at once how full the store is: of several nodes, the one nearest its limit."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
