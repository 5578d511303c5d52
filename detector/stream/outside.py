"""Topics read from outside the detector's consumer group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition

from detector.config import KafkaSettings
from detector.stream.checks import StartRefused
from detector.stream.kafka import client_arguments
from detector.stream.topics import missing_topic, partition_counts


@asynccontextmanager
async def consumer_of(kafka: KafkaSettings, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that has all partitions of a topic, and no group; where it begins is the caller's to say.

    Raises:
        StartRefused: there is no such topic for this user.
        KafkaError: the topic cannot be read.
    """
    consumer = AIOKafkaConsumer(**client_arguments(kafka), enable_auto_commit=False, fetch_max_wait_ms=50)
    await consumer.start()
    try:
        counts = await partition_counts(kafka, [topic])
        if topic not in counts:
            raise StartRefused(missing_topic(topic))
        consumer.assign([TopicPartition(topic, number) for number in range(counts[topic])])
        yield consumer
    finally:
        await consumer.stop()
