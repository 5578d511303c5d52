"""Records that are refused, put aside with the reason, byte for byte as they came; and read back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import MessageSizeTooLargeError

from detector.core.events import Reason, Refusal

_EXCEPTION_CLASS = "detector.core.events.Refusal"
_TOPIC = "__connect.errors.topic"
_PARTITION = "__connect.errors.partition"
_OFFSET = "__connect.errors.offset"
_CLASS = "__connect.errors.exception.class.name"
_MESSAGE = "__connect.errors.exception.message"
_REASON = "detector.reason"
_VALUE_OMITTED = "detector.value_omitted_bytes"
HEADERS_OMITTED = "detector.headers_omitted_bytes"

Headers = list[tuple[str, bytes | None]]


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
            omitted = (_VALUE_OMITTED, str(len(record.value or b"")).encode())
            await self._producer.send_and_wait(
                self._topic, key=record.key, value=None, headers=[*_headers(letter), omitted]
            )


def _headers(letter: DeadLetter) -> list[tuple[str, bytes]]:
    record, refusal = letter
    texts = {
        _TOPIC: record.topic,
        _PARTITION: str(record.partition),
        _OFFSET: str(record.offset),
        _CLASS: _EXCEPTION_CLASS,
        _MESSAGE: refusal.message,
        _REASON: refusal.reason.value,
    }
    return [(name, text.encode()) for name, text in texts.items()]


class FoundLetter(NamedTuple):
    """A dead letter that lies on its topic.

    `topic`, `partition` and `offset` are where the record lay that was refused; `key`, `value` and `headers`
    are its own. It is not `whole` where its value or its headers were too large to be kept. `put_aside_at`
    is in ms.
    """

    put_aside_at: int
    topic: str
    partition: int
    offset: int
    refusal: Refusal
    key: bytes | None
    value: bytes | None
    headers: Headers
    whole: bool


def read_letter(record: ConsumerRecord[bytes, bytes]) -> FoundLetter | None:
    """The dead letter that a record of their topic is; None where another program has written it."""
    names = [name for name, _ in record.headers]
    if _TOPIC not in names:
        return None
    # The platform's own headers may have the same names: the detector's stand behind them.
    begin = len(names) - 1 - names[::-1].index(_TOPIC)
    own = list(record.headers[:begin])
    added = {name: (value or b"").decode(errors="replace") for name, value in record.headers[begin:]}
    try:
        return FoundLetter(
            put_aside_at=record.timestamp,
            topic=added[_TOPIC],
            partition=int(added[_PARTITION]),
            offset=int(added[_OFFSET]),
            refusal=Refusal(Reason(added[_REASON]), added[_MESSAGE]),
            key=record.key,
            value=record.value,
            headers=own,
            whole=_VALUE_OMITTED not in added and HEADERS_OMITTED not in dict(own),
        )
    except (KeyError, ValueError):
        return None
