"""An event loop beside the command: what waits for servers goes on while the command works on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

Ask = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a coroutine to its end in the loop, and gives what it gives."""


@contextmanager
def background_loop() -> Iterator[Ask]:
    """An event loop in a thread of its own.

    Signals reach the main thread: a command that is interrupted while it waits leaves the loop whole, so that
    what runs there can be taken down in order. What was waited for is cancelled.
    """
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="background loop", daemon=True)
    thread.start()

    def ask(coroutine: Coroutine[Any, Any, Any]) -> Any:
        asked = asyncio.run_coroutine_threadsafe(coroutine, loop)
        try:
            return asked.result()
        except BaseException:
            asked.cancel()
            raise

    try:
        yield ask
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
