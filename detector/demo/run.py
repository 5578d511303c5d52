"""Simulated traffic through the embedded servers and the worker, alerts handed on as they come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from aiokafka import AIOKafkaProducer, ConsumerRecord

from detector.config import HttpSettings, KafkaSettings, RedisSettings, Settings
from detector.core.alert import Alert
from detector.demo.tally import Tally
from detector.demo.worker_process import WorkerProcess, worker_process
from detector.embedded import EmbeddedServers, embedded_servers, free_port
from detector.simulate import Simulated, Traffic, encode, simulate
from detector.stream.kafka import alert_producer
from detector.stream.tail import alert_records, read_alert

USERS_PER_EVENT = 0.1
FRAUD = 0.03
_READY_SECONDS = 30.0
_TICK_SECONDS = 0.02
# The embedded broker hands out one batch of a partition at a time: single events would make for many rounds.
_BURST_SECONDS = 0.05
_SETTLE_SECONDS = 10.0
_QUIET_SECONDS = 0.5

Show = Callable[[Alert, ConsumerRecord], None]


async def run_demo(seconds: float, rate: int, show: Show) -> Tally:
    """Run it whole; `show` is called with each alert. Cancelling it takes everything down.

    Raises:
        EmbeddedServerError: the servers cannot be started here.
        WorkerFailed: the worker did not run.
    """
    with embedded_servers() as servers:
        settings = _settings(servers)
        await _create_topics(settings)
        tally = Tally()
        async with (
            worker_process(settings) as worker,
            alert_records(settings, settings.topics.alerts, from_beginning=True) as records,
        ):
            await worker.ready(_READY_SECONDS)
            watching = asyncio.create_task(_watch(records, tally, show))
            try:
                await _send(settings, _traffic(seconds, rate), rate, tally)
                await _settled(worker, tally)
            finally:
                watching.cancel()
                with suppress(asyncio.CancelledError):
                    await watching
        return tally


def _settings(servers: EmbeddedServers) -> Settings:
    return Settings(
        kafka=KafkaSettings(bootstrap_servers=servers.bootstrap_servers),
        redis=RedisSettings(url=servers.redis_url),
        http=HttpSettings(port=free_port()),
    )


async def _create_topics(settings: Settings) -> None:
    """Have the embedded broker make the topics: it does so for whoever asks about one."""
    producer: AIOKafkaProducer = alert_producer(settings.kafka)
    await producer.start()
    try:
        for topic in settings.topics.names:
            await producer.partitions_for(topic)
    finally:
        await producer.stop()


def _traffic(seconds: float, rate: int) -> Iterator[Simulated]:
    """Traffic whose event time runs faster than the clock and ends now."""
    events = max(1, int(seconds * rate))
    users = max(1, int(events * USERS_PER_EVENT))
    traffic = Traffic(users=users, events=events, seed=int(time.time()), fraud=FRAUD)
    return simulate(replace(traffic, start=int(time.time() * 1000) - traffic.span))


async def _send(settings: Settings, traffic: Iterator[Simulated], rate: int, tally: Tally) -> None:
    producer: AIOKafkaProducer = alert_producer(settings.kafka)
    await producer.start()
    tally.began = time.monotonic()
    try:
        for number, simulated in enumerate(traffic):
            event = simulated.event
            tally.sent(str(event["event_id"]), simulated.label)
            key = str(event["user_id"]).encode()
            await producer.send(simulated.topic, key=key, value=encode(event))
            ahead = number / rate - (time.monotonic() - tally.began)
            if ahead > _BURST_SECONDS:
                await asyncio.sleep(ahead)
    finally:
        await producer.stop()


async def _watch(records: AsyncIterator[ConsumerRecord], tally: Tally, show: Show) -> None:
    async for record in records:
        alert = read_alert(record.value)
        tally.seen(alert)
        show(alert, record)


async def _settled(worker: WorkerProcess, tally: Tally) -> None:
    """Wait until everything sent is processed and its alerts have been read."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_SETTLE_SECONDS):
            while await worker.processed() < tally.events:
                await asyncio.sleep(_TICK_SECONDS)
            read = -1
            while read != len(tally.latencies):
                read = len(tally.latencies)
                await asyncio.sleep(_QUIET_SECONDS)
