"""Throughput after Redis lost its last second, and without: `python -m tests.faults.redis_recovery`."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from tests.faults.fleet import Fleet
from tests.faults.load import Event, load
from tests.faults.oracle import RULES
from tests.faults.redis_nodes import Node, running_node
from tests.faults.servers import Servers, fresh_detector
from tests.faults.settling import send
from tests.faults.under_fault import WORKERS, have_worked_off
from tests.integration.live import Live
from tests.servers.kafka import start_kafka

_PARTITIONS = 12
_PART = 15_000
_AT_LEAST = 0.8


class Rate(NamedTuple):
    """Events per second of the clock, sent meanwhile, and per second of processor time of the workers."""

    per_second: float
    per_cpu_second: float

    def __str__(self) -> str:
        return f"{self.per_second:,.0f} events/s ({self.per_cpu_second:,.0f} a CPU-second)"


def main(runs: Annotated[int, typer.Option(min=1, help="How many runs.")] = 3) -> None:
    """Kill Redis, rewind and restart it while workers run; exits 1 where they are slower afterwards."""
    kafka = start_kafka()
    try:
        ratios = [asyncio.run(_compare(kafka.bootstrap, seed)) for seed in range(1, runs + 1)]
    finally:
        kafka.stop()
    ratio = statistics.median(ratios)
    print(f"{runs} runs: after the fault {ratio:.2f} of the events/s without it (median)")
    raise typer.Exit(0 if ratio >= _AT_LEAST else 1)


async def _compare(bootstrap: str, seed: int) -> float:
    """The share of the throughput that is left after the fault, of that at the same place without."""
    free, _ = await _run(bootstrap, seed, _nothing)
    after, drained_s = await _run(bootstrap, seed, _lose_what_was_written)
    print(f"seed {seed}: {free} without a fault, {after} after it, drained in {drained_s:.1f} s", flush=True)
    return after.per_second / free.per_second


async def _run(
    bootstrap: str, seed: int, fault: Callable[[Live, Node], Awaitable[None]]
) -> tuple[Rate, float]:
    """The rate after a fault in the events before, and the seconds from its end until they were through."""
    events = load(seed, 3 * _PART, 2_500).events
    with (
        tempfile.TemporaryDirectory(prefix="detector-redis-") as given,
        running_node(Path(given, "r")) as node,
    ):
        async with fresh_detector(Servers(bootstrap, node.url), _PARTITIONS) as live:
            live.extra["DETECTOR_RULES__DIRS"] = str(RULES)
            async with Fleet(live, WORKERS).supervised() as fleet:
                await _rate(fleet, events[:_PART])
                sending = asyncio.create_task(send(live, events[_PART : 2 * _PART]))
                await fault(live, node)
                over_at = time.monotonic()
                await sending
                await live.has_drained()
                drained_s = time.monotonic() - over_at
                return await _rate(fleet, events[2 * _PART :]), drained_s


async def _nothing(live: Live, node: Node) -> None:
    pass


async def _lose_what_was_written(live: Live, node: Node) -> None:
    written = node.written()
    await have_worked_off(live, 2_000)
    node.kill()
    node.rewind(written)
    node.start()


async def _rate(fleet: Fleet, events: tuple[Event, ...]) -> Rate:
    started, used = time.monotonic(), _cpu_seconds(fleet)
    await send(fleet.live, events)
    await fleet.live.has_drained()
    return Rate(len(events) / (time.monotonic() - started), len(events) / (_cpu_seconds(fleet) - used))


def _cpu_seconds(fleet: Fleet) -> float:
    return sum(worker.metric("process_cpu_seconds_total") for worker in fleet.workers)


if __name__ == "__main__":
    typer.run(main)
