"""What Kafka knows of offsets: ends, committed ones, and where an earlier time begins. Joins no group."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from detector.config import KafkaSettings
from detector.stream.kafka import admin_client, client_arguments
from detector.stream.rekeyed import recorded_at

_READ_TIMEOUT_MS = 5_000

Offsets = dict[TopicPartition, int]


class LogOffsets:
    """Reads offsets beside the consumer that reads the records.

    Args:
        settings: of Kafka and the group.
        internal: the topic of re-keyed events.
    """

    def __init__(self, settings: KafkaSettings, internal: str) -> None:
        self._group = settings.group
        self._internal = internal
        self._admin: AIOKafkaAdminClient = admin_client(settings)
        self._consumer = AIOKafkaConsumer(
            **client_arguments(settings),
            enable_auto_commit=False,
            request_timeout_ms=settings.request_timeout,
        )

    async def start(self) -> None:
        """Connect."""
        await self._admin.start()
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()
        await self._admin.close()

    async def ends(self, partitions: Collection[TopicPartition]) -> Offsets:
        """The offset after the last record of each partition."""
        found: Offsets = await self._consumer.end_offsets(list(partitions))
        return found

    async def beginnings(self, partitions: Collection[TopicPartition]) -> Offsets:
        """The offset of the oldest record of each partition."""
        found: Offsets = await self._consumer.beginning_offsets(list(partitions))
        return found

    async def committed(self, partitions: Collection[TopicPartition]) -> Offsets:
        """The offsets that the group has committed; partitions that it never read are left out."""
        found: Mapping[TopicPartition, object] = await self._admin.list_consumer_group_offsets(
            self._group, partitions=list(partitions)
        )
        return {place: known.offset for place, known in found.items() if known.offset >= 0}  # type: ignore[attr-defined]

    async def before(self, committed: Mapping[TopicPartition, int], span: int) -> Offsets:
        """The first offset of each partition at most `span` ms older than what the group read last.

        Ages go by the timestamps of the platform's records.
        """
        # An empty partition has no offset for any time, so its end is read before it can grow.
        ends = await self.ends(committed)
        starts = await self.beginnings(committed)
        # Where nothing is left of what the group read, all that is there is new to it.
        partly_read = {place: offset for place, offset in committed.items() if offset > starts[place]}
        read = {place: await self._timestamp(place, offset - 1) for place, offset in partly_read.items()}
        since = {place: max(0, when - span) for place, when in read.items()}
        found = await self._consumer.offsets_for_times(since)
        return starts | {place: ends[place] if at is None else int(at.offset) for place, at in found.items()}

    async def _timestamp(self, place: TopicPartition, offset: int) -> int:
        """When the platform wrote what a record tells of; now, where the record is gone."""
        self._consumer.assign([place])
        self._consumer.seek(place, max(0, offset))
        records = await self._consumer.getmany(place, timeout_ms=_READ_TIMEOUT_MS, max_records=1)
        for record in records.get(place, ()):
            # A re-keyed event is written later than the record it comes from, so a lookup by the time of
            # that finds it, too, and does so even where the detector had fallen far behind.
            return recorded_at(record) if place.topic == self._internal else int(record.timestamp)
        return int(time.time() * 1000)
