"""Records that are refused, put aside with the reason: byte for byte as they came."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import MessageSizeTooLargeError

from detector.core.events import Refusal

_EXCEPTION_CLASS = "detector.core.events.Refusal"


class DeadLetter(NamedTuple):
    """A refused record with the reason."""

    record: ConsumerRecord[bytes, bytes]
    refusal: Refusal


class DeadLetters:
    """Writes dead letters to their topic."""

    def __init__(self, producer: AIOKafkaProducer, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    async def write(self, letters: Sequence[DeadLetter]) -> None:
        """Write them, and wait until Kafka has acknowledged all: only then may the offsets move on."""
        await asyncio.gather(*(self._write(letter) for letter in letters))

    async def _write(self, letter: DeadLetter) -> None:
        record = letter.record
        headers = [*record.headers, *_headers(letter)]
        try:
            await self._producer.send_and_wait(
                self._topic, key=record.key, value=record.value, headers=headers
            )
        except MessageSizeTooLargeError:
            # One record that its topic took and this one does not must not stop the stream.
            omitted = ("detector.value_omitted_bytes", str(len(record.value or b"")).encode())
            await self._producer.send_and_wait(
                self._topic, key=record.key, value=None, headers=[*_headers(letter), omitted]
            )


def _headers(letter: DeadLetter) -> list[tuple[str, bytes]]:
    record, refusal = letter
    texts = {
        "__connect.errors.topic": record.topic,
        "__connect.errors.partition": str(record.partition),
        "__connect.errors.offset": str(record.offset),
        "__connect.errors.exception.class.name": _EXCEPTION_CLASS,
        "__connect.errors.exception.message": refusal.message,
        "detector.reason": refusal.reason.value,
    }
    return [(name, text.encode()) for name, text in texts.items()]
