"""How long a partition stood still although Kafka had more of it, measured from outside."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import redis
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.integration.live import INPUTS, Live

_EVERY_S = 0.2


class Standstill:
    """Looks again and again at what is stored and what Kafka has; `longest` is in seconds, by partition."""

    def __init__(self, live: Live, consumer: AIOKafkaConsumer, client: redis.Redis) -> None:
        self.longest: dict[int, float] = defaultdict(float)
        self._consumer = consumer
        self._client = client
        self._prefix = live.prefix
        self._partitions = range(live.partitions)
        self._topics = [live.names[role] for role in (*INPUTS, "by_merchant")]
        self._stored: dict[int, list[int]] = {}
        self._moved: dict[int, float] = {}

    @property
    def worst(self) -> float:
        """The longest standstill of any partition, in seconds."""
        return max(self.longest.values(), default=0.0)

    def begin_anew(self) -> None:
        """Forget what was measured, as if all had moved now."""
        self.longest.clear()
        self._moved.clear()

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            await self._look()
            await asyncio.sleep(_EVERY_S)

    async def _look(self) -> None:
        places = [TopicPartition(topic, at) for topic in self._topics for at in self._partitions]
        ends = await self._consumer.end_offsets(places)
        now = time.monotonic()
        for at in self._partitions:
            stored = self._read(at)
            behind = any(
                offset < ends[TopicPartition(topic, at)]
                for topic, offset in zip(self._topics, stored, strict=True)
            )
            if not behind or stored != self._stored.get(at):
                self._moved[at] = now
            self._stored[at] = stored
            self.longest[at] = max(self.longest[at], now - self._moved.setdefault(at, now))

    def _read(self, partition: int) -> list[int]:
        fields = [f"o:{topic}" for topic in self._topics]
        found = self._client.hmget(f"{self._prefix}:{{{partition}}}:meta", fields)
        return [int(offset or 0) for offset in found]


@asynccontextmanager
async def watched(live: Live) -> AsyncIterator[Standstill]:
    """Measure standstills while the block runs."""
    consumer = AIOKafkaConsumer(bootstrap_servers=live.bootstrap, enable_auto_commit=False)
    await consumer.start()
    with redis.Redis.from_url(live.redis_url) as client:
        standstill = Standstill(live, consumer, client)
        watching = asyncio.create_task(standstill.watch())
        try:
            yield standstill
            assert not watching.done(), watching.exception()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await consumer.stop()
