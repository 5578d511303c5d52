"""What Kafka knows of offsets: ends, committed ones, and where an earlier time begins. Joins no group."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from detector.config import KafkaSettings
from detector.stream.kafka import client_arguments

_READ_TIMEOUT_MS = 5_000


class LogOffsets:
    """Reads offsets of the input topics beside the consumer that reads their records."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._consumer = AIOKafkaConsumer(
            **client_arguments(settings),
            group_id=settings.group,
            enable_auto_commit=False,
            request_timeout_ms=settings.request_timeout,
        )

    async def start(self) -> None:
        """Connect."""
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def ends(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offset after the last record of each partition."""
        found: dict[TopicPartition, int] = await self._consumer.end_offsets(list(partitions))
        return found

    async def first_start(self, partition: TopicPartition) -> int | None:
        """Where a group that never read the partition begins, its oldest record; None where it has read."""
        if await self._committed(partition) is not None:
            return None
        beginnings = await self._consumer.beginning_offsets([partition])
        first: int = beginnings[partition]
        return first

    async def before(self, partition: TopicPartition, span: int) -> int:
        """The first offset at most `span` ms older, by record timestamps, than what the group read last."""
        # An empty partition has no offset for any time, so its end is read before it can grow.
        end = (await self.ends([partition]))[partition]
        last_read = await self._timestamp_of_last_read(partition)
        found = (await self._consumer.offsets_for_times({partition: last_read - span}))[partition]
        return end if found is None else int(found.offset)

    async def _timestamp_of_last_read(self, partition: TopicPartition) -> int:
        committed = await self._committed(partition)
        if not committed:
            return int(time.time() * 1000)
        self._consumer.assign([partition])
        self._consumer.seek(partition, committed - 1)
        records = await self._consumer.getmany(partition, timeout_ms=_READ_TIMEOUT_MS, max_records=1)
        found = records.get(partition)
        return int(found[0].timestamp) if found else int(time.time() * 1000)

    async def _committed(self, partition: TopicPartition) -> int | None:
        self._consumer.assign([partition])
        committed: int | None = await self._consumer.committed(partition)
        return committed
