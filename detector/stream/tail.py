"""The topics of alerts, read live and from outside the detector's consumer group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiokafka import ConsumerRecord

from detector.config import Settings
from detector.core.alert import Alert
from detector.stream.outside import consumer_of, offsets_since

_decoder = msgspec.json.Decoder(Alert)


@asynccontextmanager
async def alert_records(
    settings: Settings, topic: str, *, from_beginning: bool = False, since: int | None = None
) -> AsyncIterator[AsyncIterator[ConsumerRecord]]:
    """The records of a topic of alerts, from its beginning, from a time (ms) or from now on; without end.

    Raises:
        StartRefused: there is no such topic for this user.
        KafkaError: the topic cannot be read.
    """
    async with consumer_of(settings.kafka, topic) as consumer:
        if from_beginning or since is not None:
            for place, offset in (await offsets_since(consumer, since)).items():
                consumer.seek(place, offset)
        else:
            await consumer.seek_to_end()
        yield consumer


def read_alert(value: bytes | None) -> Alert:
    """The alert that a record of the topic holds.

    Raises:
        msgspec.DecodeError: it holds none.
    """
    try:
        return _decoder.decode(value or b"")
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(type(error).__name__) from None
