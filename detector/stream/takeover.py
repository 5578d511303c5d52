"""Taking partitions over: fence off the former owner, find where to read on, publish what it left."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

from aiokafka import TopicPartition

from detector.state.errors import PartitionCountChanged, StateError
from detector.state.store import Outcome, Ownership, StateStore
from detector.stream.intake import Position
from detector.stream.log_offsets import LogOffsets
from detector.stream.publisher import Publisher

log = logging.getLogger(__name__)


class Takeover:
    """Acquires partitions in the state.

    Args:
        store: where epochs, offsets and the outbox are.
        offsets: what Kafka knows, for topics that the state knows nothing of.
        publisher: takes what a former owner left in the outbox.
        topics: the input topics and that of re-keyed events.
        partitions: how many partitions each of them has.
        span: ms of records to read again where the state was lost; may be set anew at any time.
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
        self.span = span

    async def take(self, partitions: Iterable[int]) -> dict[int, Position]:
        """Own these partitions from now on; gives where each stands.

        Raises:
            PartitionCountChanged: the topics were given more partitions, which moves keys between them.
            StateError: another worker took a partition over at the same time.
        """
        wanted = sorted(partitions)
        if wanted and wanted[-1] >= self._partitions:
            raise PartitionCountChanged(self._partitions, wanted[-1] + 1)
        owned = {partition: await self._store.acquire(partition, self._partitions) for partition in wanted}
        await self._find_starts(owned)
        for ownership in owned.values():
            await self._publish_what_was_left(ownership)
        await self._publisher.settle()
        return {number: Position(found.epoch, found.offsets, found.seen) for number, found in owned.items()}

    async def _find_starts(self, owned: Mapping[int, Ownership]) -> None:
        """Give every topic that the state knows no offset of one to start at, and store it at once."""
        missing = [
            TopicPartition(topic, ownership.partition)
            for ownership in owned.values()
            for topic in self._topics
            if topic not in ownership.offsets
        ]
        if not missing:
            return
        committed = await self._offsets.committed(missing)
        for place in committed:
            _refuse_half_a_state(owned[place.partition], place)
        starts = await self._offsets.beginnings([place for place in missing if place not in committed])
        if committed:
            log.warning("the state of %d partitions is lost, rebuilding it from the log", len(committed))
            starts |= await self._offsets.before(committed, self.span)
        for partition, ownership in owned.items():
            found = {place.topic: offset for place, offset in starts.items() if place.partition == partition}
            await self._store_starts(ownership, found)

    async def _store_starts(self, ownership: Ownership, starts: Mapping[str, int]) -> None:
        if not starts:
            return
        outcome = await self._store.set_offsets(ownership.partition, ownership.epoch, starts)
        if outcome is Outcome.FENCED:
            raise StateError(f"partition {ownership.partition} was taken over by another worker meanwhile")
        ownership.offsets.update(starts)

    async def _publish_what_was_left(self, ownership: Ownership) -> None:
        left = await self._store.outbox(ownership.partition)
        if left.entries:
            log.info("partition %d: publishing %d alerts left over", ownership.partition, len(left.entries))
            await self._publisher.publish(ownership.partition, ownership.epoch, left.first, left.entries)


def _refuse_half_a_state(ownership: Ownership, place: TopicPartition) -> None:
    """A lost state is lost as a whole; where only a topic's offset is missing, something else is wrong."""
    if ownership.offsets:
        raise StateError(
            f"{place.topic} partition {place.partition} was read before, but the state has no offset for "
            "it: use another Redis key prefix to rebuild the state from the log"
        )
