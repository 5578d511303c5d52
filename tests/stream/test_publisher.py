"""Outbox entries leave in order, and the outbox is trimmed only by what Kafka has acknowledged."""

import asyncio
from typing import Any

import pytest

from detector.config import TopicSettings
from detector.monitor.metrics import Metrics
from detector.state.memory_store import MemoryStore
from detector.state.store import Commit
from detector.stream.outbox import Notice, _to_bytes
from detector.stream.publisher import Publisher


class FakeProducer:
    """Takes records; each is acknowledged, or fails, when the test says so."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.deliveries: list[asyncio.Future[Any]] = []

    async def send(self, topic: str, *, key: bytes, value: bytes, headers: Any) -> asyncio.Future[Any]:
        self.sent.append((topic, value))
        self.deliveries.append(asyncio.get_running_loop().create_future())
        return self.deliveries[-1]


def entry(value: bytes, is_shadow: bool = False) -> bytes:
    return _to_bytes.encode(Notice(is_shadow, b"u1", value, [("ce_id", b"a.1")], 0))


async def outbox_of(*entries: bytes) -> tuple[MemoryStore, str]:
    store = MemoryStore()
    epoch = (await store.acquire(0, 1)).epoch
    await store.set_offsets(0, epoch, {"payments": 0})
    await store.commit([Commit(0, epoch, {"payments": (0, 1)}, [], list(entries))])
    return store, epoch


async def left(store: MemoryStore) -> int:
    return len((await store.outbox(0)).entries)


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_an_entry_leaves_the_outbox_only_after_its_acknowledgement() -> None:
    store, epoch = await outbox_of(entry(b"a"), entry(b"b", is_shadow=True))
    producer = FakeProducer()
    publisher = Publisher(store, producer, TopicSettings(), Metrics("test"))  # type: ignore[arg-type]
    publisher.start()
    await publisher.publish(0, epoch, 0, (await store.outbox(0)).entries)
    await turns()
    assert producer.sent == [("fraud.alerts", b"a"), ("fraud.alerts.shadow", b"b")]
    producer.deliveries[0].set_result(None)
    await turns()
    assert await left(store) == 2
    producer.deliveries[1].set_result(None)
    await publisher.settle()
    assert await left(store) == 0
    await publisher.stop()


async def test_a_former_owners_acknowledgement_trims_nothing() -> None:
    store, epoch = await outbox_of(entry(b"a"))
    producer = FakeProducer()
    publisher = Publisher(store, producer, TopicSettings(), Metrics("test"))  # type: ignore[arg-type]
    publisher.start()
    await publisher.publish(0, epoch, 0, (await store.outbox(0)).entries)
    await store.acquire(0, 1)
    producer.deliveries[0].set_result(None)
    await publisher.settle()
    assert await left(store) == 1
    await publisher.stop()


async def test_an_alert_that_cannot_be_delivered_ends_the_publisher_and_stays_in_the_outbox() -> None:
    store, epoch = await outbox_of(entry(b"a"))
    producer = FakeProducer()
    publisher = Publisher(store, producer, TopicSettings(), Metrics("test"))  # type: ignore[arg-type]
    task = publisher.start()
    await publisher.publish(0, epoch, 0, (await store.outbox(0)).entries)
    producer.deliveries[0].set_exception(ConnectionError("no broker"))
    with pytest.raises(ConnectionError):
        await task
    with pytest.raises(ConnectionError):
        await publisher.settle()
    assert await left(store) == 1
