"""What commands ask Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from detector.cli.console import fail
from detector.config import KafkaSettings

Result = TypeVar("Result")


def answered(kafka: KafkaSettings, ask: Callable[[], Awaitable[Result]]) -> Result:
    """What is asked, once a broker lets us in; ends with one line and exit code 1 where that fails."""
    from aiokafka.errors import KafkaError

    from detector.monitor.exceptions import said
    from detector.stream.checks import StartRefused, wait_for_kafka

    async def answer() -> Result:
        await wait_for_kafka(kafka)
        return await ask()

    try:
        return asyncio.run(answer())
    except BrokenPipeError:
        raise  # Of whoever reads what is printed, not of Kafka.
    except (StartRefused, KafkaError, OSError) as error:
        fail(said(error))
