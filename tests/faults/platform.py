"""The platform that writes the events: one producer, which waits out a fault of the brokers."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer

from tests.faults.load import Event, record
from tests.integration.live import Live

_PAUSE_S = 0.25
_PATIENCE_MS = 300_000

Record = tuple[str, bytes | None, bytes | None]


class Platform:
    """Sends what a detector reads.

    What is sent at once comes in no order of event time across the partitions, as fast as it is read: while
    workers run, hours of event time should not be.
    """

    def __init__(self, live: Live, producer: AIOKafkaProducer) -> None:
        self._live = live
        self._producer = producer

    def record(self, event: Event) -> Record:
        """The topic of an event, and its key and value."""
        return self._live.topic(event["type"]), *record(event)

    async def send(self, events: Iterable[Event]) -> None:
        """Send events at once, and wait until they are acknowledged."""
        await asyncio.gather(*[await self._begin(self.record(event)) for event in events])

    async def spread(self, events: Iterable[Event], seconds: float) -> None:
        """Send events over so much time, or longer where it is held up."""
        await self.spread_records([self.record(event) for event in events], seconds)

    async def spread_records(self, records: Sequence[Record], seconds: float) -> None:
        """Send any records over so much time, or longer where it is held up."""
        parts = max(1, round(seconds / _PAUSE_S))
        waiting: list[asyncio.Future[Any]] = []
        for part in range(parts):
            for one in records[part * len(records) // parts : (part + 1) * len(records) // parts]:
                waiting.append(await self._begin(one))
            await asyncio.sleep(_PAUSE_S)
        await asyncio.gather(*waiting)

    async def _begin(self, sent: Record) -> asyncio.Future[Any]:
        topic, key, value = sent
        return await self._producer.send(topic, key=key, value=value)


@asynccontextmanager
async def platform(live: Live) -> AsyncIterator[Platform]:
    """A platform whose records are acknowledged by all replicas, so that what was sent is in Kafka."""
    producer = AIOKafkaProducer(
        bootstrap_servers=live.bootstrap,
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        request_timeout_ms=_PATIENCE_MS,
        max_request_size=4 << 20,
    )
    await producer.start()
    try:
        yield Platform(live, producer)
    finally:
        await producer.stop()
