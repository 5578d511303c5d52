"""Workers that are stopped in the middle of their work, and go on when others have taken it over."""

import asyncio
import random
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.faults.fleet import Fleet
from tests.faults.load import Event, Load
from tests.faults.oracle import RULES, Expected
from tests.faults.platform import Platform, platform
from tests.faults.settling import settled
from tests.faults.verdict import Verdict
from tests.integration.live import Live, Worker, eventually

WORKERS = 3
SESSION_S = 6.0
_STOPPED_S = 2 * SESSION_S
_HELD_MS = 3_000
_FETCHED_AFTER_S = (0.5, 1.5)
# With a dense load less event time than the allowed lateness.
_BURST = 2_500
_FENCED = "fenced off, another worker owns it"


@dataclass(frozen=True)
class Run:
    """What a run was, and what it found; `fenced` counts the writes of stopped workers that were refused."""

    seed: int
    stops: int
    fenced: int
    exits: list[int]
    found: Verdict

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {self.stops} workers stopped for {_STOPPED_S:g} s, {self.fenced} writes "
            f"fenced, workers ended with {self.exits}; {self.found}"
        )


async def zombies(live: Live, seed: int, sent: Load, expected: Expected, stops: int = 1) -> Run:
    """Stop two of three workers in the middle of a round, let them go on later, as often as asked for.

    The load must be a dense one.
    """
    rng = random.Random(seed)
    live.extra["DETECTOR_RULES__DIRS"] = str(RULES)
    fleet = Fleet(live, WORKERS)
    share = len(sent.events) // stops + 1
    async with AsyncExitStack() as stack:
        sender = await stack.enter_async_context(platform(live))
        await stack.enter_async_context(fleet.supervised())
        for number in range(stops):
            part = sent.events[number * share : (number + 1) * share]
            await _stop_in_the_middle(live, fleet, sender, rng, part)
        found = await settled(live, sent, expected)
        exits = list(fleet.exits)
    return Run(seed, stops * (WORKERS - 1), fenced_writes(live.folder), exits, found)


def fenced_writes(logs: Path) -> int:
    """How often a worker's write was refused because another worker owned the partition."""
    return sum(log.read_text().count(_FENCED) for log in logs.glob("worker-*.log"))


async def _stop_in_the_middle(
    live: Live, fleet: Fleet, sender: Platform, rng: random.Random, part: Sequence[Event]
) -> None:
    """Stop all workers but one with a round in their hands, while they wait for answers that Redis holds."""
    at_once = min(len(part) // 2, _BURST)
    with redis.Redis.from_url(live.redis_url) as client:
        client.client_pause(_HELD_MS)
    await sender.send(part[:at_once])
    await asyncio.sleep(rng.uniform(*_FETCHED_AFTER_S))
    zombies = rng.sample(fleet.workers, WORKERS - 1)
    joined = [_joined(zombie) for zombie in zombies]
    for zombie in zombies:
        zombie.process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.gather(sender.spread(part[at_once:], _STOPPED_S / 2), asyncio.sleep(_STOPPED_S))
        # The one that is left has taken everything over.
        await live.has_drained()
    finally:
        for zombie in zombies:
            zombie.process.send_signal(signal.SIGCONT)
    for zombie, before in zip(zombies, joined, strict=True):
        await eventually(
            lambda zombie=zombie, before=before: (
                zombie.process.poll() is not None or _joined(zombie) > before
            ),
            60,
        )


def _joined(worker: Worker) -> float:
    """How often a worker was given partitions."""
    return worker.metric("detector_rebalances_total")
