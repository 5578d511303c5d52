"""The alert topic, read live and from outside the detector's consumer group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from detector.config import Settings
from detector.core.alert import Alert
from detector.stream.checks import StartRefused
from detector.stream.kafka import client_arguments
from detector.stream.topics import missing_topic, partition_counts

_decoder = msgspec.json.Decoder(Alert)


@asynccontextmanager
async def alert_records(
    settings: Settings, from_beginning: bool
) -> AsyncIterator[AsyncIterator[ConsumerRecord]]:
    """The records of the alert topic, from its beginning or from now on, without end.

    Raises:
        StartRefused: there is no such topic for this user.
        KafkaError: the topic cannot be read.
    """
    consumer = AIOKafkaConsumer(
        **client_arguments(settings.kafka), enable_auto_commit=False, fetch_max_wait_ms=50
    )
    await consumer.start()
    try:
        topic = settings.topics.alerts
        counts = await partition_counts(settings.kafka, [topic])
        if topic not in counts:
            raise StartRefused(missing_topic(topic))
        partitions = [TopicPartition(topic, number) for number in range(counts[topic])]
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
