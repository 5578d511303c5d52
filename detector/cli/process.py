"""A process that works until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable

import uvloop

log = logging.getLogger(__name__)


def run_until_stopped(
    name: str, work: Callable[[asyncio.Event], Awaitable[None]], expected: tuple[type[Exception], ...]
) -> int:
    """Do work that ends soon after its event is set, which SIGTERM and Ctrl-C do; gives the exit code.

    Errors that are expected are a line for whoever can mend them; of others the log has the traceback.
    """

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await work(stop)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(until_stopped())
    except expected as error:
        print(error, file=sys.stderr)
        return 1
    except Exception:
        log.exception("the %s broke", name)
        return 1
    return 0
