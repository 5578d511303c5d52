"""The input topics as recorded events: what Kafka gives in its own time, one batch after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

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

    with asyncio.Runner() as runner:
        opened = recording(settings, since, until)
        with _one_line():
            runner.run(wait_for_kafka(settings.kafka))
            found = runner.run(opened.__aenter__())
        try:
            for topic, begins in found.begins.items():
                at = datetime.fromtimestamp(begins / 1000, UTC)
                say(f"{topic}: the log begins at {at:%Y-%m-%d %H:%M:%S} UTC, what came before is gone")
            yield Recorded((), _batches(runner, found), found.total, "records")
        finally:
            runner.run(opened.__aexit__(None, None, None))


def _batches(runner: asyncio.Runner, found: Recording) -> Iterator[Batch]:
    while True:
        with _one_line():
            taken = runner.run(_next(found))
        if taken is None:
            return
        yield Batch(*taken)


async def _next(found: Recording) -> Taken | None:
    return await anext(found.records, None)


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
