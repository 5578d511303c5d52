"""The input topics as recorded events: what Kafka gives in its own time, one batch after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from detector.cli.background import Ask, background_loop
from detector.config import Settings
from detector.replay.recorded.batch import Batch, Recorded, RecordedError

if TYPE_CHECKING:
    from detector.stream.recorded import Recording, Taken


@contextmanager
def topics_recorded(
    settings: Settings, since: int, until: int | None, say: Callable[[str], None]
) -> Iterator[Recorded]:
    """What the input topics hold of a time (ms); says where a part of it is gone.

    Raises:
        RecordedError: Kafka does not answer, or does not give what it has.
    """
    from detector.stream.checks import wait_for_kafka
    from detector.stream.recorded import recording

    with background_loop() as ask:
        opened = recording(settings, since, until)
        with _one_line():
            ask(wait_for_kafka(settings.kafka))
            found = ask(opened.__aenter__())
        one_at_a_time = asyncio.Lock()
        try:
            for topic, begins in found.begins.items():
                at = datetime.fromtimestamp(begins / 1000, UTC)
                say(f"{topic}: the log begins at {at:%Y-%m-%d %H:%M:%S} UTC, what came before is gone")
            yield Recorded((), _batches(ask, found, one_at_a_time), found.total)
        finally:
            ask(_close(opened, one_at_a_time))


def _batches(ask: Ask, found: Recording, one_at_a_time: asyncio.Lock) -> Iterator[Batch]:
    while True:
        with _one_line():
            taken = ask(_next(found, one_at_a_time))
        if taken is None:
            return
        yield Batch(*taken)


async def _next(found: Recording, one_at_a_time: asyncio.Lock) -> Taken | None:
    async with one_at_a_time:
        return await anext(found.records, None)


async def _close(opened: AbstractAsyncContextManager[Recording], one_at_a_time: asyncio.Lock) -> None:
    # Who was interrupted while waiting for records may not have let go of them yet.
    async with one_at_a_time:
        await opened.__aexit__(None, None, None)


@contextmanager
def _one_line() -> Iterator[None]:
    from aiokafka.errors import KafkaError

    from detector.monitor.exceptions import said
    from detector.stream.checks import StartRefused
    from detector.stream.recorded import RecordingError

    try:
        yield
    except (StartRefused, RecordingError, KafkaError, OSError) as error:
        raise RecordedError(said(error)) from error
