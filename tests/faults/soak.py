"""Half of what the workers can take, for as long as asked for, with a fault a minute: `make soak MINUTES=30`.

The rules are the shipped ones. Event time runs faster than the clock, so that the longest window of most
events, a day, is full after a quarter of the time. From a third of the time on nothing may grow: memory,
file descriptors, tasks, keys in Redis. In the end the standing alerts must be those of a backtest. Exits 1
where something grew or differs.
"""

import asyncio
import random
import signal
import statistics
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Annotated

import msgspec
import redis
import typer
from aiokafka import AIOKafkaProducer

from detector.replay.backtest import Backtest, standing_ids
from detector.rules.rule_set import rules_in_force
from detector.simulate import Traffic, simulate
from tests.faults.fleet import Fleet
from tests.faults.load import Event, record
from tests.faults.observed_worker import TASKS
from tests.faults.oracle import LATENESS
from tests.faults.servers import Servers, fresh_detector, running_servers
from tests.integration.live import INPUTS, Live, alert_ids, eventually

PARTITIONS = 12
WORKERS = 2
USERS = 2_500
HISTORY_CAP = 5_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_TRIAL_EVENTS = 30_000
_FILLED_AFTER = 0.25
_WARM_AFTER = 1 / 3
_GROWTH = 1.1
_SAMPLE_S = 5.0
_STOPPED_S = 14.0
_DRAIN_S = 300.0
_TICK_S = 0.02
_MODULE = "tests.faults.observed_worker"


@dataclass(frozen=True)
class Sample:
    """What was seen at one moment, over all workers."""

    at: float
    memory: float
    descriptors: float
    tasks: float
    keys: int
    redis_memory: int


def main(
    minutes: Annotated[float, typer.Option(min=4, help="How long.")] = 10,
    faults: Annotated[bool, typer.Option(help="With a fault a minute, or undisturbed.")] = True,
    seed: Annotated[int, typer.Option(help="Of the traffic and the faults.")] = 1,
    rate: Annotated[float, typer.Option(min=0, help="Events a second; 0 measures, and takes half.")] = 0,
) -> None:
    """Run workers at half of what they can take, with a fault a minute, and see whether anything grows."""
    with running_servers() as servers:
        taken = rate or asyncio.run(_half_the_peak(servers, seed))
        print(f"{taken:,.0f} events a second for {minutes:g} min, seed {seed}", flush=True)
        holds = asyncio.run(_soak(servers, minutes * 60, taken, faults, seed))
    raise typer.Exit(0 if holds else 1)


async def _half_the_peak(servers: Servers, seed: int) -> float:
    """Half the events a second that the workers take from a backlog."""
    events = [dict(item.event) for item in simulate(Traffic(USERS, _TRIAL_EVENTS, seed, 0.05))]
    async with fresh_detector(servers, PARTITIONS) as live:
        await live.send_records((live.topic(event["type"]), *record(event)) for event in events)
        async with Fleet(live, WORKERS, _MODULE).supervised():
            await eventually(lambda: live.stored_offset(*INPUTS) > 0, 60, 0.01)
            before, started = live.stored_offset(*INPUTS), time.monotonic()
            await live.has_drained(_DRAIN_S)
            return (len(events) - before) / (time.monotonic() - started) / 2


async def _soak(servers: Servers, seconds: float, rate: float, faults: bool, seed: int) -> bool:
    async with fresh_detector(servers, PARTITIONS) as live:
        fleet = Fleet(live, WORKERS, _MODULE)
        async with fleet.supervised():
            samples: list[Sample] = []
            async with _beside(_look(fleet, samples)), _beside(_faults(fleet, seed) if faults else _none()):
                slowest = await _send(live, _traffic(seconds, rate, seed), rate)
            await live.has_drained(_DRAIN_S)
        standing, _ = alert_ids(await live.read("alerts"))
    expected = await asyncio.to_thread(_expected, seconds, rate, seed)
    print(
        f"{fleet.kills} kills, {len(fleet.exits)} other exits; the sender was {slowest:.1f} s late at worst"
    )
    print(
        f"{len(standing)} alerts stand, {len(expected - standing)} missing, {len(standing - expected)} extra"
    )
    return _is_flat(samples, seconds) and standing == expected


def _traffic(seconds: float, rate: float, seed: int) -> Iterator[Event]:
    """Events in which a day goes by in a quarter of the time; the same whenever they are asked for."""
    span = int(DAY_MS / _FILLED_AFTER)
    number = int(seconds * rate)
    traffic = Traffic(USERS, number, seed, 0.05, start=_START_MS, rate=number / (span / 1000))
    return (dict(item.event) for item in simulate(traffic))


_START_MS = int(time.time() * 1000) - int(DAY_MS / _FILLED_AFTER) - HOUR_MS


def _expected(seconds: float, rate: float, seed: int) -> set[str]:
    """The ids of the alerts that stand after a backtest."""
    test = Backtest(rules_in_force([], with_catalogue=True), LATENESS, HISTORY_CAP)
    return standing_ids(test.run(msgspec.json.encode(event) for event in _traffic(seconds, rate, seed)))


async def _send(live: Live, events: Iterator[Event], rate: float) -> float:
    """Send each event when it is due; gives how late the sender was at worst."""
    producer = AIOKafkaProducer(bootstrap_servers=live.bootstrap, linger_ms=5, request_timeout_ms=120_000)
    await producer.start()
    started, sent, slowest = time.monotonic(), 0, 0.0
    try:
        while True:
            now = time.monotonic()
            due = list(islice(events, int((now - started) * rate) - sent))
            for event in due:
                key, value = record(event)
                await producer.send(live.topic(event["type"]), key=key, value=value)
            sent += len(due)
            slowest = max(slowest, now - started - sent / rate)
            if not due and sent and (now - started) * rate > sent + 1:
                return slowest
            await asyncio.sleep(_TICK_S)
    finally:
        await producer.stop()


async def _look(fleet: Fleet, samples: list[Sample]) -> None:
    with redis.Redis.from_url(fleet.live.redis_url) as client:
        while True:
            await asyncio.sleep(_SAMPLE_S)
            # A worker that is held, or begins, does not answer.
            answering = [worker for worker in fleet.workers if worker.get("/livez") is not None]
            if len(answering) == WORKERS:
                samples.append(
                    Sample(
                        at=time.monotonic(),
                        memory=sum(w.metric("process_resident_memory_bytes") for w in answering),
                        descriptors=sum(w.metric("process_open_fds") for w in answering),
                        tasks=sum(w.metric(TASKS) for w in answering),
                        keys=client.dbsize(),
                        redis_memory=client.info("memory")["used_memory"],
                    )
                )


async def _faults(fleet: Fleet, seed: int) -> None:
    """One fault a minute, drawn by the seed."""
    rng = random.Random(seed)
    while True:
        await asyncio.sleep(60)
        at = rng.randrange(WORKERS)
        fault = rng.choice(("kill", "stop", "leave", "scripts", "connections"))
        print(f"fault: {fault}", flush=True)
        match fault:
            case "kill":
                fleet.kill(at)
            case "leave":
                fleet.workers[at].process.send_signal(signal.SIGTERM)
            case "stop":
                held = fleet.workers[at].process
                held.send_signal(signal.SIGSTOP)
                await asyncio.sleep(_STOPPED_S)
                held.send_signal(signal.SIGCONT)
            case _:
                with redis.Redis.from_url(fleet.live.redis_url) as client:
                    if fault == "scripts":
                        client.script_flush()
                    else:
                        client.client_kill_filter(_type="normal", skipme=True)


async def _none() -> None:
    """No fault."""


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do something as long as the block lasts."""
    task = asyncio.create_task(work)
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()


def _is_flat(samples: list[Sample], seconds: float) -> bool:
    """Whether nothing grows from the middle third of the time to the last; prints all of it."""
    first = samples[0].at
    middle = [one for one in samples if _WARM_AFTER <= (one.at - first) / seconds < 2 * _WARM_AFTER]
    last = [one for one in samples if (one.at - first) / seconds >= 2 * _WARM_AFTER]
    flat = True
    for name in ("memory", "descriptors", "tasks", "keys", "redis_memory"):
        before, after = (statistics.median(getattr(one, name) for one in part) for part in (middle, last))
        assert before, f"no {name} were told"
        grown = after / before
        flat = flat and grown <= _GROWTH
        print(f"{name}: {before:,.0f} in the middle, {after:,.0f} in the end: {grown:.3f}")
    return flat


if __name__ == "__main__":
    typer.run(main)
