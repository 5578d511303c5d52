"""Workers that join and leave the group every few seconds while events come."""

import asyncio
import random
import time
from dataclasses import dataclass

from tests.faults.fleet import Fleet
from tests.faults.load import Load
from tests.faults.oracle import RULES, Expected
from tests.faults.platform import platform
from tests.faults.settling import settled
from tests.faults.standstill import Standstill, watched
from tests.faults.verdict import Verdict
from tests.integration.live import Live, eventually

_FEWEST, _MOST = 2, 4
_CHANGE_EVERY_S = (3.0, 5.0)
_AFTERWARDS_S = 8.0
_AFTER_A_KILL_S = 14.0


@dataclass(frozen=True)
class Run:
    """What a run was, and what it found; standstills are in seconds, the longest of any partition."""

    seed: int
    changes: int
    exits: list[int]
    in_the_storm: float
    after_the_storm: float
    after_a_kill: float
    found: Verdict

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {self.changes} changes; stood still for {self.in_the_storm:.1f} s "
            f"in the storm, {self.after_the_storm:.1f} s after it, {self.after_a_kill:.1f} s after a kill; "
            f"workers ended with {self.exits}; {self.found}"
        )


async def storm(live: Live, seed: int, sent: Load, expected: Expected, seconds: float) -> Run:
    """Have workers come and go for so long; then see the partitions go on, also when a worker is killed."""
    rng = random.Random(seed)
    live.extra["DETECTOR_RULES__DIRS"] = str(RULES)
    fleet = Fleet(live, _FEWEST)
    async with fleet.supervised(), platform(live) as sender, watched(live) as standstill:
        sending = asyncio.create_task(sender.spread(sent.events, seconds + _AFTERWARDS_S + _AFTER_A_KILL_S))
        standstill.begin_anew()
        changes = await _come_and_go(fleet, rng, seconds)
        in_the_storm = standstill.worst
        standstill.begin_anew()
        await asyncio.sleep(_AFTERWARDS_S)
        after_the_storm = standstill.worst
        after_a_kill = await _after_a_kill(fleet, rng, standstill)
        await sending
        found = await settled(live, sent, expected)
        exits = list(fleet.exits)
    return Run(seed, changes, exits, in_the_storm, after_the_storm, after_a_kill, found)


async def _come_and_go(fleet: Fleet, rng: random.Random, seconds: float) -> int:
    """Change the group until the time is over; gives how often."""
    changes = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(rng.uniform(*_CHANGE_EVERY_S))
        number = len(fleet.workers)
        if number == _FEWEST or (number < _MOST and rng.random() < 0.5):
            fleet.join()
        else:
            assert await fleet.leave(rng.randrange(number)) in (0, -15)
        changes += 1
    return changes


async def _after_a_kill(fleet: Fleet, rng: random.Random, standstill: Standstill) -> float:
    """SIGKILL a worker that owns partitions; gives for how long any partition stood still."""
    await eventually(lambda: len(_owners(fleet)) > 1, 60)
    standstill.begin_anew()
    fleet.lose(rng.choice(_owners(fleet)))
    await asyncio.sleep(_AFTER_A_KILL_S)
    return standstill.worst


def _owners(fleet: Fleet) -> list[int]:
    """Where the workers are that own partitions."""
    return [at for at, worker in enumerate(fleet.workers) if worker.metric("detector_assigned_partitions")]
