"""Recorded events put on their topics."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from typing import NamedTuple

from detector.config import Settings, TopicSettings
from detector.core.events import Event, Reason, Refusal, decode
from detector.stream.in_flight import InFlight
from detector.stream.kafka import alert_producer

_PAYMENTS = frozenset({"debit", "transfer", "instalment", "refund"})


class Line(NamedTuple):
    """One line of NDJSON, by its number."""

    number: int
    value: bytes


class RefusedLine(NamedTuple):
    """A line that is no event, and why."""

    number: int
    reason: Reason
    message: str


def topic_of(event_type: str, topics: TopicSettings) -> str:
    """The topic that a platform puts events of this type on."""
    if event_type in _PAYMENTS:
        return topics.payments
    return topics.complaints if event_type == "complaint" else topics.logins


async def send_lines(settings: Settings, lines: AsyncIterable[Line]) -> tuple[int, list[RefusedLine]]:
    """Send every event, keyed by its user_id; gives how many were acknowledged, and the lines left out.

    An event leaves when its line is there, however long the next one takes.

    Raises:
        KafkaError: the events cannot be written.
    """
    refused: list[RefusedLine] = []
    producer = alert_producer(settings.kafka)
    await producer.start()
    try:
        in_flight = InFlight(producer)
        async for line, event in _events(lines, refused):
            topic = topic_of(event.type, settings.topics)
            await in_flight.send(topic, key=event.user_id.encode(), value=line.value)
        return await in_flight.settle(), refused
    finally:
        await producer.stop()


async def _events(
    lines: AsyncIterable[Line], refused: list[RefusedLine]
) -> AsyncIterator[tuple[Line, Event]]:
    async for line in lines:
        event = decode(line.value)
        if isinstance(event, Refusal):
            refused.append(RefusedLine(line.number, event.reason, event.message))
        else:
            yield line, event
