"""A state store in this process's memory: nothing outlives it."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from detector.state.errors import PartitionCountChanged
from detector.state.store import Commit, CommitResult, Memory, Origin, Outbox, Outcome, Ownership, Write


@dataclass(slots=True)
class _History:
    data: bytearray
    expires_at: float


@dataclass(slots=True)
class _Partition:
    partitions: int
    acquired: int = 0
    offsets: dict[str, int] = field(default_factory=dict)
    seen: dict[Origin, int] = field(default_factory=dict)
    histories: dict[str, _History] = field(default_factory=dict)
    outbox_first: int = 0
    outbox: list[bytes] = field(default_factory=list)

    @property
    def epoch(self) -> str:
        return str(self.acquired)

    @property
    def outbox_end(self) -> int:
        return self.outbox_first + len(self.outbox)

    def live(self, key: str) -> _History | None:
        """The history of a key, forgotten when its time is over."""
        history = self.histories.get(key)
        if history is not None and history.expires_at <= time.monotonic():
            del self.histories[key]
            return None
        return history

    def read(self, key: str) -> bytes | None:
        history = self.live(key)
        return None if history is None else bytes(history.data)

    def write(self, write: Write) -> None:
        expires_at = time.monotonic() + write.keep_ms / 1000
        history = None if write.replace else self.live(write.key)
        if history is None:
            self.histories[write.key] = _History(bytearray(write.data), expires_at)
        else:
            history.data += write.data
            history.expires_at = expires_at


class MemoryStore:
    """StateStore for tests and for runs that need no memory of an earlier one."""

    def __init__(self) -> None:
        """Start empty."""
        self._partitions: dict[int, _Partition] = {}
        self._turns: dict[int, tuple[int | None, float]] = {}

    async def acquire(self, partition: int, partitions: int) -> Ownership:
        """See StateStore."""
        for known in (0, partition):
            stored = self._partitions.get(known)
            if stored is not None and stored.partitions != partitions:
                raise PartitionCountChanged(stored.partitions, partitions)
        state = self._partitions.setdefault(partition, _Partition(partitions))
        state.acquired += 1
        return Ownership(partition, state.epoch, dict(state.offsets), dict(state.seen))

    async def set_offsets(self, partition: int, epoch: str, offsets: Mapping[str, int]) -> Outcome:
        """See StateStore."""
        state = self._owned(partition, epoch)
        if state is None:
            return Outcome.FENCED
        if any(state.offsets.get(topic, offset) != offset for topic, offset in offsets.items()):
            return Outcome.MISMATCH
        if offsets.keys() <= state.offsets.keys():
            return Outcome.ALREADY_APPLIED
        state.offsets.update(offsets)
        return Outcome.APPLIED

    async def load_many(self, wanted: Mapping[int, Sequence[str]]) -> dict[int, list[bytes | None]]:
        """See StateStore."""
        return {partition: self._load(partition, keys) for partition, keys in wanted.items()}

    async def commit(self, commits: Sequence[Commit]) -> list[CommitResult]:
        """See StateStore."""
        return [self._commit(commit) for commit in commits]

    async def outbox(self, partition: int) -> Outbox:
        """See StateStore."""
        state = self._partitions.get(partition)
        return Outbox(0, []) if state is None else Outbox(state.outbox_first, list(state.outbox))

    async def trim_outbox(self, partition: int, epoch: str, upto: int) -> Outcome:
        """See StateStore."""
        state = self._owned(partition, epoch)
        if state is None:
            return Outcome.FENCED
        surplus = min(upto - state.outbox_first, len(state.outbox))
        if surplus <= 0:
            return Outcome.ALREADY_APPLIED
        del state.outbox[:surplus]
        state.outbox_first += surplus
        return Outcome.APPLIED

    async def exchange_turns(
        self, own: Mapping[int, int | None], partitions: int, keep_ms: int
    ) -> dict[int, int]:
        """See StateStore."""
        now = time.monotonic()
        self._turns |= {partition: (turn, now + keep_ms / 1000) for partition, turn in own.items()}
        return {
            partition: turn
            for partition, (turn, expires_at) in self._turns.items()
            if partition not in own and turn is not None and expires_at > now
        }

    async def owns(self, partition: int, epoch: str) -> bool:
        """See StateStore."""
        return self._owned(partition, epoch) is not None

    async def probe(self, partitions: Collection[int]) -> None:
        """See StateStore."""

    async def memory(self) -> Memory:
        """See StateStore."""
        return Memory(0, 0)

    async def close(self) -> None:
        """See StateStore."""

    def _owned(self, partition: int, epoch: str) -> _Partition | None:
        state = self._partitions.get(partition)
        return state if state is not None and state.epoch == epoch else None

    def _load(self, partition: int, keys: Sequence[str]) -> list[bytes | None]:
        state = self._partitions.get(partition)
        return [None if state is None else state.read(key) for key in keys]

    def _commit(self, commit: Commit) -> CommitResult:
        state = self._partitions.get(commit.partition)
        if state is None:
            return CommitResult(Outcome.MISMATCH, 0, {})
        if state.epoch != commit.epoch:
            return CommitResult(Outcome.FENCED, state.outbox_end, {})
        stored = {topic: state.offsets.get(topic) for topic in commit.advance}
        if stored == {topic: expected for topic, (expected, _) in commit.advance.items()}:
            self._apply(state, commit)
            return CommitResult(Outcome.APPLIED, state.outbox_end, {})
        if stored == {topic: new for topic, (_, new) in commit.advance.items()}:
            return CommitResult(Outcome.ALREADY_APPLIED, state.outbox_end, {})
        known = {topic: offset for topic, offset in stored.items() if offset is not None}
        return CommitResult(Outcome.MISMATCH, state.outbox_end, known)

    def _apply(self, state: _Partition, commit: Commit) -> None:
        for write in commit.writes:
            state.write(write)
        state.outbox += commit.outbox
        state.seen.update(commit.seen)
        state.offsets.update({topic: new for topic, (_, new) in commit.advance.items()})
