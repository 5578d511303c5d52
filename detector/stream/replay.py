"""The dead letters that are there, looked through and put back: those that came later are left alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

from detector.config import Settings
from detector.core.events import Reason
from detector.stream.dead_letters import FoundLetter, read_letter
from detector.stream.in_flight import InFlight
from detector.stream.kafka import alert_producer
from detector.stream.outside import consumer_of, records_now


class Selection(NamedTuple):
    """Which dead letters: of a topic, for a reason, put aside at `since` (ms) or later; None is any."""

    topic: str | None = None
    reason: Reason | None = None
    since: int | None = None

    def takes(self, letter: FoundLetter) -> bool:
        """Whether a letter is of the topic and was refused for the reason."""
        return self.topic in (None, letter.topic) and self.reason in (None, letter.refusal.reason)


class Replayed(NamedTuple):
    """How many dead letters were put back, and how many could not be, for they are not whole."""

    sent: int
    left_out: int


async def found_letters(settings: Settings, selection: Selection) -> AsyncGenerator[FoundLetter, None]:
    """The selected dead letters that are there now, each partition of their topic in its order.

    Raises:
        KafkaError: the topic cannot be read.
    """
    async with consumer_of(settings.kafka, settings.topics.dead_letters) as consumer:
        async for record in records_now(consumer, selection.since):
            letter = read_letter(record)
            if letter is not None and selection.takes(letter):
                yield letter


async def put_back(settings: Settings, selection: Selection) -> Replayed:
    """Write the selected records again, each to the topic and partition that it came from, as it was.

    Where the topic has no such partition any more, to that of its key.

    Raises:
        KafkaError: the dead letters cannot be read, or a record cannot be written.
    """
    left_out = 0
    producer = alert_producer(settings.kafka)
    await producer.start()
    try:
        in_flight = InFlight(producer)
        async with aclosing(found_letters(settings, selection)) as letters:
            async for letter in letters:
                if not letter.whole:
                    left_out += 1
                    continue
                is_there = letter.partition in await producer.partitions_for(letter.topic)
                await in_flight.send(
                    letter.topic,
                    key=letter.key,
                    value=letter.value,
                    headers=letter.headers,
                    partition=letter.partition if is_there else None,
                )
        return Replayed(await in_flight.settle(), left_out)
    finally:
        await producer.stop()
