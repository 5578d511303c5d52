"""The alert topic, read live and from outside the detector's consumer group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiokafka import ConsumerRecord

from detector.config import Settings
from detector.core.alert import Alert
from detector.stream.outside import consumer_of

_decoder = msgspec.json.Decoder(Alert)


@asynccontextmanager
async def alert_records(
    settings: Settings, from_beginning: bool
) -> AsyncIterator[AsyncIterator[ConsumerRecord]]:
    """The records of the alert topic, from its beginning or from now on, without end.

    Raises:
        StartRefused: there is no such topic for this user.
        KafkaError: the topic cannot be read.
    """
    async with consumer_of(settings.kafka, settings.topics.alerts) as consumer:
        if from_beginning:
            await consumer.seek_to_beginning()
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
