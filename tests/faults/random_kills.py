"""Workers killed at random times while events come."""

import asyncio
import random
import time
from dataclasses import dataclass

from tests.faults.fleet import Fleet
from tests.faults.load import Load
from tests.faults.oracle import RULES, Expected
from tests.faults.settling import send, settled
from tests.faults.verdict import Verdict
from tests.integration.live import Live

WORKERS = 3
PARTITIONS = 12
# Six minutes of event time each: what of it one topic brings before another is not too late.
_PARTS = 40
_APART_S = 0.25
_KILL_EVERY_S = (2.0, 5.0)
_DRAIN_S = 150.0


@dataclass(frozen=True)
class Run:
    """What a run was, and what it found."""

    seed: int
    events: int
    kills: int
    exits: list[int]
    seconds: float
    found: Verdict

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {self.events} events, {self.kills} kills, {len(self.exits)} other exits, "
            f"{self.seconds:.0f} s: {self.found}"
        )


async def random_kills(live: Live, seed: int, sent: Load, expected: Expected, kills: int = 6) -> Run:
    """Kill one of three workers every few seconds while events come; then let them finish, and judge."""
    started = time.monotonic()
    rng = random.Random(seed)
    live.extra["DETECTOR_RULES__DIRS"] = str(RULES)
    fleet = Fleet(live, WORKERS)
    async with fleet.supervised():
        sending = asyncio.create_task(_send_in_parts(live, sent))
        for _ in range(kills):
            await asyncio.sleep(rng.uniform(*_KILL_EVERY_S))
            fleet.kill(rng.randrange(WORKERS))
        await sending
        found = await settled(live, sent, expected, _DRAIN_S)
        exits = list(fleet.exits)
    return Run(seed, len(sent.events), fleet.kills, exits, time.monotonic() - started, found)


async def _send_in_parts(live: Live, sent: Load) -> None:
    """Send the events over the time of the kills, so that there is always something to do."""
    size = len(sent.events) // _PARTS + 1
    for at in range(0, len(sent.events), size):
        await send(live, sent.events[at : at + size])
        await asyncio.sleep(_APART_S)
