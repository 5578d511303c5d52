"""`detector run` that breaks over the first record, with what it holds: python -m tests.security.broken run.

`FAULT` says where. What is raised names the records, as a KeyError over a key of a user would.
"""

import asyncio
import os
import threading
from collections.abc import Callable

from detector.state.redis_store import RedisStore
from detector.state.store import Outbox
from detector.stream.outbox import Notice
from detector.stream.processor import Processor
from detector.stream.publisher import Publisher
from detector.stream.rounds import Round


def _instead_of_processing(fault: Callable[[str], None]) -> None:
    async def process(self: Processor, fetched: Round) -> None:
        fault(repr([(record.key, record.value) for found in fetched.records.values() for record in found]))
        await asyncio.sleep(0.5)
        os._exit(1)

    Processor.process = process


def round_breaks() -> None:
    """The work on a round raises."""

    def fail(text: str) -> None:
        try:
            raise ValueError(text)
        except ValueError as error:
            raise KeyError(text) from error

    _instead_of_processing(fail)


def task_breaks() -> None:
    """A task raises, and nobody looks."""

    async def fail(text: str) -> None:
        raise KeyError(text)

    _instead_of_processing(lambda text: asyncio.ensure_future(fail(text)) and None)


def callback_breaks() -> None:
    """A callback of the loop raises."""

    def fail(text: str) -> None:
        raise KeyError(text)

    _instead_of_processing(lambda text: asyncio.get_running_loop().call_soon(fail, text) and None)


def thread_breaks() -> None:
    """A thread raises."""

    def fail(text: str) -> None:
        raise KeyError(text)

    _instead_of_processing(lambda text: threading.Thread(target=fail, args=(text,)).start())


def deletion_breaks() -> None:
    """What runs when an object goes raises, which Python cannot hand on."""

    class Fragile:
        def __init__(self, text: str) -> None:
            self.text = text

        def __del__(self) -> None:
            raise KeyError(self.text)

    _instead_of_processing(lambda text: Fragile(text) and None)


def takeover_breaks() -> None:
    """Taking partitions over raises, after a first time that went well and left alerts in the outbox."""
    outbox = RedisStore.outbox

    async def fail(self: RedisStore, partition: int) -> Outbox:
        left = await outbox(self, partition)
        if left.entries:
            raise KeyError(repr(left))
        return left

    RedisStore.outbox = fail


def publisher_breaks() -> None:
    """A task that the worker watches raises."""

    def fail(_: object, notices: list[Notice]) -> None:
        raise KeyError(repr(notices))

    Publisher._observe = fail


def impatient() -> None:
    """Redis is waited for no longer than two seconds."""
    RedisStore.__init__.__defaults__ = ("fd", 2.0, None)


FAULTS: dict[str, Callable[[], None]] = {
    fault.__name__: fault
    for fault in (
        round_breaks,
        task_breaks,
        callback_breaks,
        thread_breaks,
        deletion_breaks,
        takeover_breaks,
        publisher_breaks,
        impatient,
    )
}

if __name__ == "__main__":
    FAULTS[os.environ["FAULT"]]()
    from detector.cli import main

    main()
