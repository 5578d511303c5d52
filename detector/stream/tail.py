"""The alert topic, read live and from outside the detector's consumer group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from detector.config import Settings
from detector.core.alert import Alert
from detector.stream.kafka import client_arguments
from detector.stream.topics import partition_counts

_decoder = msgspec.json.Decoder(Alert)


@asynccontextmanager
async def alert_records(
    settings: Settings, from_beginning: bool
) -> AsyncIterator[AsyncIterator[ConsumerRecord]]:
    """The records of the alert topic, from its beginning or from now on, without end.

    Raises:
        KafkaError: the topic cannot be read.
    """
    consumer = AIOKafkaConsumer(
        **client_arguments(settings.kafka), enable_auto_commit=False, fetch_max_wait_ms=50
    )
    await consumer.start()
    try:
        numbers = (await partition_counts(settings.kafka, [settings.topics.alerts])).values()
        partitions = [TopicPartition(settings.topics.alerts, n) for count in numbers for n in range(count)]
        consumer.assign(partitions)
        if from_beginning:
            await consumer.seek_to_beginning(*partitions)
        else:
            await consumer.seek_to_end(*partitions)
        yield consumer
    finally:
        await consumer.stop()


def read_alert(value: bytes) -> Alert:
    """The alert that a record of the topic holds.

    Raises:
        msgspec.DecodeError: it holds none.
    """
    return _decoder.decode(value)
