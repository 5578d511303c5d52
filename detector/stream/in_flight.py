"""Records on their way to Kafka, so many at a time."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaProducer

_MOST = 5_000


class InFlight:
    """Sends records, waits where too many have no answer yet, and counts those that were acknowledged."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._waiting: list[asyncio.Future[object]] = []
        self._acknowledged = 0

    async def send(self, topic: str, **record: Any) -> None:
        """Send a record, as the producer's `send` takes it. Raises what made an earlier one fail."""
        self._waiting.append(await self._producer.send(topic, **record))
        if len(self._waiting) >= _MOST:
            await self.settle()

    async def settle(self) -> int:
        """Wait for all answers; gives how many were acknowledged so far. Raises what made one fail."""
        self._acknowledged += len(await asyncio.gather(*self._waiting))
        self._waiting.clear()
        return self._acknowledged
