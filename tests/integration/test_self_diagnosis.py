"""A detector that stops detecting says so: it turns unready with the reason, and ends if that lasts."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from detector.embedded import free_port
from detector.embedded.redis import bundled_redis, running_redis
from detector.simulate import Traffic, simulate
from tests.integration.live import INPUTS, Live, Worker, alert_ids, eventually, live_on
from tests.integration.test_crash import expected_ids
from tests.servers.kafka import RunningKafka
from tests.servers.topics import Topics

UNREADY_WITHIN_S = 15.0
ENDS_WITHIN_S = 90.0
ENDS = 70


def traffic(events: int, fraud: float = 0.05) -> list[dict[str, Any]]:
    return [item.event for item in simulate(Traffic(users=300, events=events, seed=3, fraud=fraud))]


@dataclass
class Patient:
    """A worker that falls ill when the switch is turned."""

    worker: Worker
    switch: Path

    async def shows(self, name: str, reason: str, seconds: float = UNREADY_WITHIN_S) -> None:
        """Wait until it is unready for this reason and has been for ten seconds."""
        await eventually(lambda: reason in self.worker.reasons().get(name, ""), seconds)

    async def ends(self, reason: str, seconds: float = ENDS_WITHIN_S) -> None:
        """Wait until the watchdog has ended it for this reason, and said so once."""
        await eventually(lambda: self.worker.process.poll() is not None, seconds)
        assert self.worker.process.returncode == ENDS
        lines = [json.loads(line) for line in self.worker.log.read_text().splitlines() if line[:1] == "{"]
        [last_words] = [line["event"] for line in lines if line["level"] == "critical"]
        assert last_words.startswith("the watchdog ends the process: ")
        assert reason in last_words


@contextmanager
def sick(live: Live, fault: str, **environment: str) -> Iterator[Patient]:
    switch = live.folder / "sick"
    live.extra |= {"FAULT_SWITCH": str(switch)} | environment
    worker = live.start(free_port(), "tests.integration.broken", FAULT=fault)
    try:
        yield Patient(worker, switch)
    finally:
        worker.kill()


@contextmanager
def another(live: Live) -> Iterator[Worker]:
    worker = live.start(free_port())
    try:
        yield worker
    finally:
        worker.kill()


async def test_a_flow_that_stays_shut_after_a_rebalance_shows_and_ends_with_the_limits_of_a_user(
    live: Live,
) -> None:
    # Given a worker whose recovery Faust will swallow at the next rebalance, and no limit shortened
    events = traffic(2_000)
    half = len(events) // 2
    with sick(live, "swallow_recovery", DETECTOR_KAFKA__REQUEST_TIMEOUT="6s") as patient:
        await patient.worker.ready()
        await live.send(events[:half])
        await patient.worker.has_processed(half)
        # When another joins, and events go on coming
        patient.switch.touch()
        with another(live) as healthy:
            await eventually(lambda: "partitions" in patient.worker.reasons())
            begun = time.monotonic()
            await live.send(events[half:])
            # Then it says why nothing flows, and ends
            await patient.shows("partitions", "taking them over has not come to an end for 1")
            assert patient.worker.get("/livez") is not None
            await patient.ends("taking them over has not come to an end for 6")
            assert "Faust has given up the seek" in patient.worker.log.read_text()
            assert time.monotonic() - begun < ENDS_WITHIN_S
            # And the other does its work
            await eventually(lambda: healthy.metric("detector_assigned_partitions") == 4, seconds=40)
            await live.has_drained()
    standing, _ = alert_ids(await live.read("alerts"))
    assert standing == expected_ids(events)
    assert standing


@pytest.mark.parametrize(
    ("fault", "name", "reason"),
    [
        ("block_main_loop", "main loop", "the main loop has been stuck for"),
        ("hang_on_round", "records", "Kafka has more records, but none was processed for"),
    ],
)
async def test_work_that_does_not_come_to_an_end_shows_and_ends(
    live: Live, fault: str, name: str, reason: str
) -> None:
    with sick(live, fault, FAULT_ENDS_AFTER_S="20") as patient:
        await patient.worker.ready()
        patient.switch.touch()
        await live.send(traffic(100, fraud=0))
        await patient.shows(name, reason)
        await patient.ends(reason, 20 + UNREADY_WITHIN_S)


async def test_a_worker_that_is_revoked_and_never_assigned_again_shows_and_ends(live: Live) -> None:
    with sick(live, "lose_assignments", FAULT_ENDS_AFTER_S="20") as patient:
        await patient.worker.ready()
        patient.switch.touch()
        reason = "the consumer group has not given this worker its partitions for"
        with another(live):
            await eventually(lambda: "partitions" in patient.worker.reasons())
            await patient.shows("partitions", reason)
            # The session of another, which it may have to wait for, is 6 seconds here, and 8 are to spare.
            await patient.ends(f"{reason} 3", 20 + 6 + 8 + UNREADY_WITHIN_S)


@pytest.fixture
async def narrow(kafka: RunningKafka, redis_url: str, topics: Topics, tmp_path: Path) -> AsyncIterator[Live]:
    """A detector whose topics have one partition: a second worker has nothing to do."""
    async with live_on(kafka.bootstrap, redis_url, topics, tmp_path, partitions=1) as found:
        yield found


async def test_a_worker_too_many_is_ready_and_stays(narrow: Live) -> None:
    with sick(narrow, "nothing", FAULT_ENDS_AFTER_S="5") as first:
        await first.worker.ready()
        with sick(narrow, "nothing", FAULT_ENDS_AFTER_S="5") as second:
            await second.worker.ready()
            workers = (first.worker, second.worker)
            await eventually(
                lambda: sorted(one.metric("detector_assigned_partitions") for one in workers) == [0, 1]
            )
            # Longer than the group's answer is waited for: 5 seconds, its session of 6, and 8 to spare
            until = time.monotonic() + 25
            while time.monotonic() < until:
                await narrow.send(traffic(50, fraud=0))
                assert [one.process.poll() for one in workers] == [None, None]
                assert [one.reasons() for one in workers] == [{}, {}]
                await asyncio.sleep(1)


@pytest.fixture
def own_redis() -> Iterator[str]:
    """A Redis that may be stopped."""
    with running_redis(bundled_redis()) as url:
        yield url


@contextmanager
def frozen(redis_url: str) -> Iterator[None]:
    """Have a Redis on this machine not answer, without closing a connection."""
    with redis.Redis.from_url(redis_url) as client:
        pid = int(client.info("server")["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_redis_that_does_not_answer_shows_until_it_does_and_no_alert_is_lost(
    kafka: RunningKafka, own_redis: str, topics: Topics, tmp_path: Path
) -> None:
    events = traffic(2_000)
    half = len(events) // 2
    async with live_on(kafka.bootstrap, own_redis, topics, tmp_path) as live:
        with sick(live, "nothing") as patient:
            await patient.worker.ready()
            await live.send(events[:half])
            await patient.worker.has_processed(half)
            await live.has_drained()
            # When it has nothing to do
            with frozen(own_redis):
                await patient.shows("redis", "Redis has given no usable answer for 1")
                assert patient.worker.get("/livez") is not None
            await patient.worker.ready()
            # And when it has
            with frozen(own_redis):
                await live.send(events[half:])
                await patient.shows("redis", "Redis has given no usable answer for 1")
            await patient.worker.ready()
            await live.has_drained()
            assert live.stored_offset(*INPUTS) == len(events)
            assert patient.worker.stop() == 0
        standing, _ = alert_ids(await live.read("alerts"))
    assert standing == expected_ids(events)
    assert standing
