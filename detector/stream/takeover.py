"""Taking partitions over: fence off the former owner, find where to read on, publish what it left."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from aiokafka import TopicPartition

from detector.state.errors import PartitionCountChanged, StateError
from detector.state.store import Outcome, Ownership, StateStore
from detector.stream.log_offsets import LogOffsets
from detector.stream.processor import Position
from detector.stream.publisher import Publisher

log = logging.getLogger(__name__)


class Takeover:
    """Acquires partitions in the state.

    Args:
        store: where epochs, offsets and the outbox are.
        offsets: what Kafka knows, for topics that the state knows nothing of.
        publisher: takes what a former owner left in the outbox.
        topics: the input topics.
        partitions: how many partitions each of them has.
        span: ms of records to read again where the state was lost.
    """

    def __init__(
        self,
        store: StateStore,
        offsets: LogOffsets,
        publisher: Publisher,
        topics: Sequence[str],
        partitions: int,
        span: int,
    ) -> None:
        self._store = store
        self._offsets = offsets
        self._publisher = publisher
        self._topics = topics
        self._partitions = partitions
        self._span = span

    async def take(self, partitions: Iterable[int]) -> dict[int, Position]:
        """Own these partitions from now on; gives where each stands.

        Raises:
            PartitionCountChanged: the topics were given more partitions, which moves keys between them.
            StateError: another worker took a partition over at the same time.
        """
        wanted = sorted(partitions)
        if wanted and wanted[-1] >= self._partitions:
            raise PartitionCountChanged(self._partitions, wanted[-1] + 1)
        taken = {partition: await self._take(partition) for partition in wanted}
        await self._publisher.settle()
        return taken

    async def _take(self, partition: int) -> Position:
        ownership = await self._store.acquire(partition, self._partitions)
        missing = [topic for topic in self._topics if topic not in ownership.offsets]
        if missing:
            starts = {topic: await self._start(ownership, topic) for topic in missing}
            if await self._store.set_offsets(partition, ownership.epoch, starts) is Outcome.FENCED:
                raise StateError(f"partition {partition} was taken over by another worker at the same time")
            ownership.offsets.update(starts)
        left = await self._store.outbox(partition)
        if left.entries:
            log.info("partition %d: publishing %d alerts that were left", partition, len(left.entries))
            await self._publisher.publish(partition, ownership.epoch, left.first, left.entries)
        return Position(ownership.epoch, ownership.offsets)

    async def _start(self, ownership: Ownership, topic: str) -> int:
        place = TopicPartition(topic, ownership.partition)
        first = await self._offsets.first_start(place)
        if first is not None:
            return first
        if ownership.offsets:
            raise StateError(
                f"{topic} partition {ownership.partition} was read before, but the state has no offset "
                "for it: use another Redis key prefix to rebuild the state from the log"
            )
        log.warning(
            "partition %d: the state is lost, rebuilding it from the log of %s", place.partition, topic
        )
        return await self._offsets.before(place, self._span)
