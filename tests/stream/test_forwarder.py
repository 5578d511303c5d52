"""What goes to one partition goes in whole batches, each after the acknowledgement of the one before."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import NotLeaderForPartitionError
from aiokafka.producer.message_accumulator import BatchBuilder

from detector.config import KafkaSettings
from detector.stream.forwarder import Forwarder, Forwards
from detector.stream.kafka import rekeying_producer

TOPIC = "by-merchant"
BATCH_BYTES = 400


class FakeProducer:
    """Takes batches; each is acknowledged, or fails, when the test says so."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, int]] = []
        self.deliveries: list[asyncio.Future[None]] = []

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(BATCH_BYTES, 0)

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> asyncio.Future[None]:
        assert topic == TOPIC
        assert batch.closed()
        self.sent.append((partition, batch.record_count()))
        self.deliveries.append(asyncio.get_running_loop().create_future())
        return self.deliveries[-1]


def records(count: int, size: int = 10) -> list[tuple[bytes, bytes]]:
    return [(b"m1", b"%04d" % number + b"x" * size) for number in range(count)]


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def sending(producer: FakeProducer, *forwards: Forwards) -> asyncio.Task[None]:
    return asyncio.create_task(Forwarder(producer, TOPIC).send(forwards))  # type: ignore[arg-type]


async def test_what_several_sources_send_to_one_partition_is_one_batch() -> None:
    producer = FakeProducer()
    task = sending(producer, {0: records(2), 1: records(1)}, {0: records(3)})
    await turns()
    assert sorted(producer.sent) == [(0, 5), (1, 1)]
    producer.deliveries[0].set_result(None)
    await turns()
    assert not task.done()
    producer.deliveries[1].set_result(None)
    await task


async def test_what_does_not_fit_follows_only_after_the_acknowledgement() -> None:
    producer = FakeProducer()
    task = sending(producer, {0: records(3, size=150)})
    await turns()
    assert producer.sent == [(0, 2)]
    producer.deliveries[0].set_result(None)
    await turns()
    assert producer.sent == [(0, 2), (0, 1)]
    assert not task.done()
    producer.deliveries[1].set_result(None)
    await task


async def test_nothing_follows_a_batch_that_failed() -> None:
    producer = FakeProducer()
    task = sending(producer, {0: records(3, size=150)})
    await turns()
    producer.deliveries[0].set_exception(NotLeaderForPartitionError())
    with pytest.raises(NotLeaderForPartitionError):
        await task
    assert producer.sent == [(0, 2)]


async def test_a_record_larger_than_a_batch_is_a_batch_of_its_own() -> None:
    producer = FakeProducer()
    task = sending(producer, {0: [*records(1), *records(1, size=5_000), *records(1)]})
    for number in range(3):
        await turns()
        producer.deliveries[number].set_result(None)
    await task
    assert producer.sent == [(0, 1)] * 3


async def test_nothing_to_send_is_sent_at_once() -> None:
    await sending(FakeProducer())


@pytest.fixture
async def producer() -> AsyncIterator[AIOKafkaProducer]:
    producer = rekeying_producer(KafkaSettings())
    yield producer
    await producer.stop()


async def test_a_rounds_events_for_one_partition_fit_into_one_batch_and_are_acknowledged_by_all(
    producer: AIOKafkaProducer,
) -> None:
    batch = producer.create_batch()
    for key, value in records(2_000, size=150):
        assert batch.append(timestamp=0, key=key, value=value) is not None
    assert batch.size() < 1_000_000
    assert producer._sender._acks == -1
