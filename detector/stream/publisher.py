"""Publishes what the outbox holds, and trims it once Kafka has acknowledged: beside the next round."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer

from detector.config import TopicSettings
from detector.monitor.metrics import Metrics
from detector.state.store import StateStore
from detector.stream.outbox import Notice, unpack

MOST_UNACKNOWLEDGED = 10_000


class _Sent(NamedTuple):
    partition: int
    epoch: str
    upto: int
    notices: list[Notice]
    deliveries: list[asyncio.Future[object]]


class Publisher:
    """Sends outbox entries in their order, and trims each outbox up to what Kafka has acknowledged.

    An entry leaves the outbox only after its acknowledgement, so a crash in between publishes it again:
    at least once, with the same id and revision.
    """

    def __init__(
        self, store: StateStore, producer: AIOKafkaProducer, topics: TopicSettings, metrics: Metrics
    ) -> None:
        self._store = store
        self._producer = producer
        self._topics = topics
        self._metrics = metrics
        self._sent: asyncio.Queue[_Sent] = asyncio.Queue()
        self._unacknowledged = 0
        self._settled = asyncio.Event()
        self._settled.set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> asyncio.Task[None]:
        """Begin to wait for acknowledgements; the producer must be started.

        The task ends only by a failure: whoever started it must see to it that this does not pass unseen.
        """
        self._task = asyncio.create_task(self._trim_what_is_acknowledged(), name="publisher")
        return self._task

    async def publish(self, partition: int, epoch: str, first: int, entries: Sequence[bytes]) -> None:
        """Send the entries with the sequence numbers from `first` on; returns before Kafka has answered.

        Waits only while too many are unacknowledged. Raises what made an earlier one fail.
        """
        while self._unacknowledged >= MOST_UNACKNOWLEDGED:
            await self.settle()
        self._raise_failure()
        notices = [unpack(entry) for entry in entries]
        deliveries = [
            await self._producer.send(
                self._topics.alerts_shadow if notice.is_shadow else self._topics.alerts,
                key=notice.key,
                value=notice.value,
                headers=notice.headers,
            )
            for notice in notices
        ]
        self._count(len(notices))
        self._settled.clear()
        self._sent.put_nowait(_Sent(partition, epoch, first + len(entries), notices, deliveries))

    async def settle(self) -> None:
        """Wait until everything sent is acknowledged and trimmed. Raises what made one fail."""
        assert self._task is not None
        waiting = asyncio.create_task(self._settled.wait())
        await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        self._raise_failure()

    async def stop(self) -> None:
        """Stop waiting; what is unacknowledged stays in the outbox."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _trim_what_is_acknowledged(self) -> None:
        while True:
            sent = [await self._sent.get()]
            while not self._sent.empty():
                sent.append(self._sent.get_nowait())
            for one in sent:
                await asyncio.gather(*one.deliveries)
                self._observe(one.notices)
            for (partition, epoch), upto in {(one.partition, one.epoch): one.upto for one in sent}.items():
                await self._store.trim_outbox(partition, epoch, upto)
            self._count(-sum(len(one.notices) for one in sent))
            if self._sent.empty():
                self._settled.set()

    def _observe(self, notices: list[Notice]) -> None:
        now = time.time()
        for notice in notices:
            self._metrics.alert_latency_seconds.observe(
                max(0.0, now - notice.recorded_at / 1000), {"alert_id": notice.alert_id}
            )

    def _count(self, more: int) -> None:
        self._unacknowledged += more
        self._metrics.outbox_alerts.set(self._unacknowledged)

    def _raise_failure(self) -> None:
        if self._task is not None and self._task.done():
            self._task.result()
