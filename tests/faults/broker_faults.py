"""Brokers that are killed, restarted one after the other, and all gone for a while, as events come."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from tests.faults.fleet import Fleet
from tests.faults.kafka_cluster import Broker, Cluster, comes_true
from tests.faults.load import Load
from tests.faults.oracle import RULES, Expected
from tests.faults.platform import platform
from tests.faults.settling import settled
from tests.faults.verdict import Verdict
from tests.integration.live import Live, live_on
from tests.servers.topics import Topics

WORKERS = 2
PARTITIONS = 6
_DRAIN_S = 120.0

Fault = Callable[[Cluster, random.Random], Awaitable[None]]


@dataclass(frozen=True)
class Run:
    """What a run was, and what it found.

    `recovered` has by fault the seconds from when all brokers were back until nothing was left to process.
    """

    seed: int
    recovered: dict[str, float]
    exits: list[int]
    found: Verdict

    def __str__(self) -> str:
        times = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.recovered.items())
        return f"seed {self.seed}: drained after {times}; workers ended with {self.exits}; {self.found}"


async def one_killed(cluster: Cluster, rng: random.Random) -> None:
    """SIGKILL one, and start it again when others lead in its place, or at once where there are none."""
    broker = rng.choice(cluster.brokers)
    assert await cluster.leads(broker)
    broker.kill()
    if len(cluster.brokers) > 1:
        await comes_true(lambda: _others_lead(cluster, broker))
    else:
        assert await cluster.metadata() is None
    broker.start()


async def _others_lead(cluster: Cluster, broker: Broker) -> bool:
    return await cluster.metadata() is not None and not await cluster.leads(broker)


async def one_after_the_other(cluster: Cluster, rng: random.Random) -> None:
    """Restart each, as an operator does: the next one when all copies are in sync again."""
    for broker in rng.sample(cluster.brokers, len(cluster.brokers)):
        await broker.stop()
        assert not await cluster.is_whole()
        broker.start()
        await comes_true(cluster.is_whole)


def all_gone(seconds: float) -> Fault:
    """SIGKILL all, and start them again after so long."""

    async def fault(cluster: Cluster, rng: random.Random) -> None:
        cluster.kill()
        assert await cluster.metadata() is None
        await asyncio.sleep(seconds)
        for broker in rng.sample(cluster.brokers, len(cluster.brokers)):
            broker.start()

    return fault


async def broker_faults(
    live: Live, cluster: Cluster, seed: int, sent: Load, expected: Expected, faults: dict[str, Fault]
) -> Run:
    """Have the faults come one after the other while events do; and judge what stands in the end."""
    rng = random.Random(seed)
    live.extra["DETECTOR_RULES__DIRS"] = str(RULES)
    fleet = Fleet(live, WORKERS)
    recovered = {}
    share = len(sent.events) // len(faults) + 1
    async with fleet.supervised(), platform(live) as sender:
        for number, (name, fault) in enumerate(faults.items()):
            part = sent.events[number * share : (number + 1) * share]
            done = len(part) // 4
            await sender.spread(part[:done], 2.0)
            await live.has_drained(_DRAIN_S)
            sending = asyncio.create_task(sender.spread(part[done:], 8.0))
            await asyncio.sleep(1.0)
            await fault(cluster, rng)
            await comes_true(cluster.are_all_there)
            ended = time.monotonic()
            await sending
            await live.has_drained(_DRAIN_S)
            recovered[name] = time.monotonic() - ended
            await comes_true(cluster.is_whole)
        found = await settled(live, sent, expected)
        exits = list(fleet.exits)
    return Run(seed, recovered, exits, found)


@asynccontextmanager
async def detector_on(
    cluster: Cluster, redis_url: str, folder: Path, partitions: int = PARTITIONS
) -> AsyncIterator[Live]:
    """A detector whose topics have a copy on each broker."""
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    await admin.start()
    try:
        topics = Topics(admin, replication=len(cluster.brokers))
        async with live_on(cluster.bootstrap, redis_url, topics, folder, partitions) as live:
            yield live
    finally:
        await admin.close()
