"""Topics read from outside the detector's consumer group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from detector.config import KafkaSettings
from detector.stream.checks import StartRefused
from detector.stream.kafka import client_arguments
from detector.stream.topics import missing_topics, partition_counts

_FETCH_MS = 500


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


async def records_now(
    consumer: AIOKafkaConsumer, since: int | None
) -> AsyncIterator[ConsumerRecord[bytes, bytes]]:
    """The records that are there when it begins, from a time (ms) on or all, each partition in its order.

    Raises:
        KafkaError: the topic cannot be read.
    """
    ends = await consumer.end_offsets(consumer.assignment())
    starts = await offsets_since(consumer, since)
    for place, start in starts.items():
        consumer.seek(place, start)
    left = {place for place, start in starts.items() if start < ends[place]}
    consumer.pause(*(starts.keys() - left))
    while left:
        for place, records in (await consumer.getmany(timeout_ms=_FETCH_MS)).items():
            for record in records:
                if record.offset < ends[place]:
                    yield record
        for place in [place for place in left if await consumer.position(place) >= ends[place]]:
            left.remove(place)
            consumer.pause(place)


async def offsets_since(consumer: AIOKafkaConsumer, since: int | None) -> dict[TopicPartition, int]:
    """Where a time (ms) begins in each partition, its end where all is older; None is the oldest record's.

    Raises:
        KafkaError: the topic cannot be read.
    """
    places = list(consumer.assignment())
    if since is None:
        beginnings: dict[TopicPartition, int] = await consumer.beginning_offsets(places)
        return beginnings
    # A partition without a newer record has no offset for the time, so its end is read before it can grow.
    ends = await consumer.end_offsets(places)
    found = await consumer.offsets_for_times(dict.fromkeys(places, since))
    return {place: ends[place] if at is None else int(at.offset) for place, at in found.items()}
