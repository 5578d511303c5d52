"""`detector run` with one fault built in: python -m tests.integration.broken run, the fault in `FAULT`.

A fault begins with the first round or rebalance after the file `FAULT_SWITCH` appears, so that the worker is
well before it. `FAULT_ENDS_AFTER_S` shortens what is borne, where a test would take too long.
"""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from faust.types import TP

from detector.stream import signs
from detector.stream.processor import Processor
from detector.stream.rounds import Round
from detector.stream.transport import RoundConsumer


def switched_on() -> bool:
    return Path(os.environ["FAULT_SWITCH"]).exists()


def swallow_recovery() -> None:
    """Have a seek outlive Faust's patience, as one without a deadline of its own could.

    Faust then takes its recovery for stopped: its task ends without a word, and the flow stays shut.
    """
    seek = RoundConsumer.perform_seek

    async def perform_seek(self: RoundConsumer) -> None:
        if switched_on():
            await self.transport.progress.positions(self.assignment())
            try:
                await asyncio.Event().wait()
            finally:
                print("Faust has given up the seek", flush=True)
        await seek(self)

    RoundConsumer.perform_seek = perform_seek


def block_main_loop() -> None:
    """Have the work on a round hold the main loop for ever."""
    process = Processor.process

    async def block(self: Processor, fetched: Round) -> None:
        while switched_on():
            time.sleep(0.1)
        await process(self, fetched)

    Processor.process = block


def hang_on_round() -> None:
    """Have the work on a round never come to its end."""
    process = Processor.process

    async def hang(self: Processor, fetched: Round) -> None:
        while switched_on():
            await asyncio.sleep(0.1)
        await process(self, fetched)

    Processor.process = hang


def lose_assignments() -> None:
    """Have a revocation followed by no assignment."""
    assign = RoundConsumer.on_partitions_assigned

    async def on_partitions_assigned(self: RoundConsumer, assigned: set[TP], generation_id: int = 0) -> None:
        if not switched_on():
            await assign(self, assigned, generation_id)

    RoundConsumer.on_partitions_assigned = on_partitions_assigned


def nothing() -> None:
    """Be well."""


FAULTS: dict[str, Callable[[], None]] = {
    fault.__name__: fault
    for fault in (swallow_recovery, block_main_loop, hang_on_round, lose_assignments, nothing)
}

if __name__ == "__main__":
    FAULTS[os.environ["FAULT"]]()
    signs.ENDS_AFTER_S = float(os.environ.get("FAULT_ENDS_AFTER_S", signs.ENDS_AFTER_S))
    from detector.cli import main

    main()
