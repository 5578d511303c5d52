"""Topics read from outside the detector's consumer group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from detector.config import KafkaSettings
from detector.stream.checks import StartRefused
from detector.stream.kafka import client_arguments
from detector.stream.topics import missing_topics, partition_counts


@asynccontextmanager
async def consumer_of(kafka: KafkaSettings, *topics: str, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that has all partitions of topics, and no group; where it begins is the caller's to say.

    `options` are further ones of AIOKafkaConsumer's.

    Raises:
        StartRefused: there is no such topic for this user.
        KafkaError: the topic cannot be read.
    """
    consumer = AIOKafkaConsumer(
        **client_arguments(kafka), enable_auto_commit=False, fetch_max_wait_ms=50, **options
    )
    await consumer.start()
    try:
        counts = await partition_counts(kafka, topics)
        if missing := missing_topics(topics, counts):
            raise StartRefused("\n".join(problem.message for problem in missing))
        consumer.assign([TopicPartition(topic, n) for topic in topics for n in range(counts[topic])])
        yield consumer
    finally:
        await consumer.stop()
