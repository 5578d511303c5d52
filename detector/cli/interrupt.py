"""Commands that run until they are done or someone stops them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_until_interrupted(work: Coroutine[Any, Any, Result]) -> Result | None:
    """What the work gives; None where Ctrl-C or SIGTERM came first, which let it take itself down."""

    async def until_stopped() -> Result | None:
        running = asyncio.create_task(work)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, running.cancel)
        await asyncio.wait({running})
        return None if running.cancelled() else running.result()

    return asyncio.run(until_stopped())
