"""The benchmark's own side of Kafka: topics, records put there and alerts read back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

import msgspec
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from bench.errors import BenchFailed
from bench.traffic import Record
from detector.config import KafkaSettings, TopicSettings
from detector.core.alert import Alert, Status
from detector.stream.tail import read_alert
from detector.stream.topics import TopicPlan, create_topics, plan_topics

PARTITIONS = 12
"""Of every topic: a Faust table has as many as what it is written from."""

_READ_SECONDS = 20.0
_FLUSH_SECONDS = 60.0
_READ_AT_ONCE = 1_000


def topic_settings(prefix: str) -> TopicSettings:
    """The detector's topics, each name behind the prefix."""
    names = {field: f"{prefix}.{name.default}" for field, name in TopicSettings.model_fields.items()}
    return TopicSettings(**names)


def with_inputs_of(given: TopicSettings, topics: TopicSettings) -> TopicSettings:
    """The same topics, but for the inputs, which are those given."""
    inputs = ("payments", "logins", "complaints")
    return topics.model_copy(update={field: getattr(given, field) for field in inputs})


def make_topics(bootstrap: str, topics: TopicSettings, others: Iterable[str]) -> None:
    """Create the detector's topics and others where they are missing."""
    _make(bootstrap, [*plan_topics(topics, PARTITIONS, replication=1), *_plain(others)])


def make_plain_topics(bootstrap: str, names: Iterable[str]) -> None:
    """Create topics without settings of their own where they are missing."""
    _make(bootstrap, _plain(names))


def _plain(names: Iterable[str]) -> list[TopicPlan]:
    return [TopicPlan(name, PARTITIONS, 1, {}) for name in names]


def _make(bootstrap: str, plans: list[TopicPlan]) -> None:
    done = asyncio.run(create_topics(KafkaSettings(bootstrap_servers=bootstrap), plans))
    if done.failed:
        raise BenchFailed(done.failed[0].message)


def drop_topics(bootstrap: str, part: str) -> None:
    """Delete the topics whose names hold this, whoever made them."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    names = [name for name in admin.list_topics(timeout=10).topics if part in name]
    for deletion in admin.delete_topics(names).values() if names else ():
        deletion.result()


def preproduce(bootstrap: str, prefix: str, records: Iterable[Record], apart: float = float("inf")) -> None:
    """Put the records on their topics; a record's timestamp is its event time.

    At no moment are the topics further apart in event time than `apart` (ms): who reads meanwhile needs that.
    """
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            # Else a batch that is sent again, as happens on new topics, comes out of order or twice.
            "enable.idempotence": True,
            "linger.ms": 20,
            "log_level": 3,
            "queue.buffering.max.messages": 200_000,
        }
    )
    limit: float | None = None
    for record in records:
        if limit is None or record.event_time > limit:
            _flush(producer)
            limit = record.event_time + apart
        while True:
            try:
                producer.produce(
                    f"{prefix}.{record.topic}", record.value, record.key, timestamp=record.event_time
                )
                break
            except BufferError:
                producer.poll(0.05)
    _flush(producer)


def _flush(producer: Producer) -> None:
    if producer.flush(_FLUSH_SECONDS):
        raise BenchFailed("Kafka did not take all events")


def reader(bootstrap: str, topic: str) -> Consumer:
    """A consumer of its own over the whole topic, without a group; it starts at the beginning."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "bench-reader", "enable.auto.commit": False}
    )
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
    return consumer


def records_on(consumer: Consumer, topic: str) -> int:
    """How many records the topic holds."""
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    marks = [consumer.get_watermark_offsets(TopicPartition(topic, number)) for number in partitions]
    return sum(high - low for low, high in marks)


def value_of(message: Message) -> bytes:
    """The value of a record that was read.

    Raises:
        BenchFailed: reading failed.
    """
    error: KafkaError | None = message.error()
    value = message.value()
    if error is not None or not isinstance(value, bytes):
        raise BenchFailed(f"a topic could not be read: {error}")
    return value


def standing_alerts(bootstrap: str, topic: str) -> set[str]:
    """The ids of the alerts on the topic whose latest revision is raised."""
    latest: dict[str, Alert] = {}
    for alert in _alerts(bootstrap, topic):
        known = latest.get(alert.alert_id)
        if known is None or alert.revision >= known.revision:
            latest[alert.alert_id] = alert
    return {alert.alert_id for alert in latest.values() if alert.status is Status.RAISED}


def _alerts(bootstrap: str, topic: str) -> Iterator[Alert]:
    consumer = reader(bootstrap, topic)
    try:
        for _ in range(records_on(consumer, topic)):
            message = consumer.poll(_READ_SECONDS)
            if message is None:
                raise BenchFailed("the alert topic could not be read to its end")
            yield read_alert(value_of(message))
    finally:
        consumer.close()


class IdReader:
    """Reads the ids of the alerts on a topic while they come, whoever writes them, from its beginning."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._consumer = reader(bootstrap, topic)

    def take(self, seconds: float) -> set[str]:
        """The ids of the alerts that come within so many seconds; each is given as often as it comes."""
        messages = self._consumer.consume(_READ_AT_ONCE, seconds)
        return {msgspec.json.decode(value_of(message), type=_Identified).alert_id for message in messages}

    def close(self) -> None:
        """End the reading."""
        self._consumer.close()


class _Identified(msgspec.Struct):
    alert_id: str
