"""Sends re-keyed events to the internal topic, so that none can be missing before another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer

Forwards = dict[int, list[tuple[bytes, bytes]]]
"""Keys and values of records, in their order, by the partition of the internal topic that they go to."""


class Forwarder:
    """Writes re-keyed events, those for one partition in whole batches, one after the other.

    Who reads them drops what it has seen: a record whose source offset lies below one that it had from the
    same source. So an event must never be missing in the log where a later one of its source stands, not
    even if this worker dies at any moment. A batch is atomic. Of two batches for one partition the second is
    sent when the first is acknowledged, and not before: aiokafka sends what is queued behind a batch that
    failed (one that finds no leader for its partition in time, one that the broker refuses), and a broker
    that knows nothing yet of this producer takes it, whatever number it begins with.
    """

    def __init__(self, producer: AIOKafkaProducer, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    async def send(self, forwards: Iterable[Forwards]) -> None:
        """Write them, and wait until Kafka has acknowledged all: only then may the offsets move on.

        Forwards for one partition are written in the order given.

        Raises:
            KafkaError: some could not be written; their sources' offsets must not move on.
        """
        together: Forwards = {}
        for one in forwards:
            for partition, records in one.items():
                together.setdefault(partition, []).extend(records)
        await asyncio.gather(*(self._send(partition, records) for partition, records in together.items()))

    async def _send(self, partition: int, records: list[tuple[bytes, bytes]]) -> None:
        now = int(time.time() * 1000)
        sent = 0
        while sent < len(records):
            batch = self._producer.create_batch()
            for key, value in records[sent:]:
                if batch.append(timestamp=now, key=key, value=value) is None:
                    break
            batch.close()
            sent += batch.record_count()
            await (await self._producer.send_batch(batch, self._topic, partition=partition))
