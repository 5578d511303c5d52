"""Workers under a steady load, something that goes wrong meanwhile, and what the oracle says of the end."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache

from tests.faults.fleet import Fleet
from tests.faults.load import Load, load
from tests.faults.oracle import RULES, Expected, expected_of
from tests.faults.settling import send, settled
from tests.faults.verdict import Verdict
from tests.integration.live import INPUTS, Live, eventually

WORKERS = 2
_LOAD = (1, 10_000, 500)
# What is sent in a second happened in half an hour: a standstill of seconds sets topics far apart.
_LATENESS = "2h"
_EVERY_S = 0.25
_DRAIN_S = 90.0

Fault = Callable[[Fleet], Awaitable[None]]


@dataclass(frozen=True)
class Ending:
    """What was found when all was over.

    `drained_s` is the time from the end of the fault until the whole load, the rest of which was sent
    without a pause then, was processed and published. `exits` are the codes of the workers that
    ended by themselves, `logs` what all workers have logged.
    """

    drained_s: float
    exits: list[int]
    logs: str
    found: Verdict

    def __str__(self) -> str:
        return f"drained {self.drained_s:.1f} s after the fault, exits {self.exits}: {self.found}"


async def under_fault(live: Live, fault: Fault, rate: int = 1_000) -> Ending:
    """Let a fault come over two workers that are at work; then let them finish, and judge.

    `rate` is how many events are sent in a second until the fault is over.
    """
    # Before anything runs: the oracle takes a while, in which no proxy would pass anything on.
    sent, awaited = load(*_LOAD), _expected()
    live.extra |= {"DETECTOR_RULES__DIRS": str(RULES), "DETECTOR_STATE__ALLOWED_LATENESS": _LATENESS}
    fleet = Fleet(live, WORKERS)
    async with fleet.supervised():
        is_over = asyncio.Event()
        sending = asyncio.create_task(_send_steadily(live, sent, rate, is_over))
        await have_worked_off(live, rate)
        await fault(fleet)
        over_at = time.monotonic()
        is_over.set()
        await sending
        await live.has_drained(_DRAIN_S)
        drained_s = time.monotonic() - over_at
        found = await settled(live, sent, awaited)
        exits = list(fleet.exits)
    return Ending(drained_s, exits, logs(live), found)


@cache
def _expected() -> Expected:
    return expected_of(load(*_LOAD).log)


async def have_worked_off(live: Live, more: int) -> None:
    """Wait until the workers have worked off so many records more."""
    goal = live.stored_offset(*INPUTS) + more
    await eventually(lambda: live.stored_offset(*INPUTS) >= goal, _DRAIN_S)


def logs(live: Live) -> str:
    """What all workers have logged by now, those included that have ended."""
    return "".join(log.read_text() for log in live.folder.glob("worker-*.log"))


async def _send_steadily(live: Live, sent: Load, rate: int, in_haste: asyncio.Event) -> None:
    """Send a part at a time, so that there is something to do, until all the rest is wanted.

    Also then Kafka has one part whole before it has anything of the next: no topic runs ahead of another.
    """
    size = int(rate * _EVERY_S)
    for at in range(0, len(sent.events), size):
        await send(live, sent.events[at : at + size])
        if not in_haste.is_set():
            await asyncio.sleep(_EVERY_S)
