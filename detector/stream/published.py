"""What was published on a topic of alerts within a time, read without any group."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer

from detector.config import Settings
from detector.core.alert import Alert
from detector.stream.outside import consumer_of, offsets_since, records_now
from detector.stream.tail import read_alert


class Published(NamedTuple):
    """An alert, or its withdrawal, and when its record was written (ms)."""

    alert: Alert
    at: int


class Publications(NamedTuple):
    """What a topic holds of a time.

    `passed_over` counts the records that are no alerts. `is_whole` is False where the topic may have held
    more that its retention has deleted.
    """

    published: list[Published]
    passed_over: int
    is_whole: bool


async def publications(settings: Settings, topic: str, since: int, rule_ids: Collection[str]) -> Publications:
    """The alerts of some rules that a topic has now, published at a time (ms) or later.

    Raises:
        StartRefused: there is no such topic for this user.
        KafkaError: the topic cannot be read.
    """
    found: list[Published] = []
    passed_over = 0
    async with consumer_of(settings.kafka, topic) as consumer:
        is_whole = await _holds_all(consumer, since)
        async for record in records_now(consumer, since):
            try:
                alert = read_alert(record.value)
            except msgspec.DecodeError:
                passed_over += 1
                continue
            if alert.rule_id in rule_ids:
                found.append(Published(alert, record.timestamp))
    return Publications(found, passed_over, is_whole)


async def _holds_all(consumer: AIOKafkaConsumer, since: int) -> bool:
    """Whether every partition has a record from before that time, or never had one deleted."""
    oldest, starts = await offsets_since(consumer, None), await offsets_since(consumer, since)
    return all(oldest[place] < start or oldest[place] == 0 for place, start in starts.items())
