"""The live job's Faust app, embedded: one agent that hands fetch rounds to a handler."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast

import faust
import mode.utils.locks
from faust.app import BootStrategy
from faust.types import TP, StreamT
from faust.types.auth import CredentialsT
from mode.supervisors import CrashingSupervisor

from detector.stream.gate import Gate
from detector.stream.rounds import Round
from detector.stream.transport import Progress, RoundConsumer, RoundTransport, Stage

log = logging.getLogger(__name__)
# It writes whole fetch responses, and so payloads, at DEBUG, and every connection that signs in at INFO.
logging.getLogger("aiokafka.conn").setLevel(logging.WARNING)
# Faust tells of every service's start and stop in the name of the module that defines its class.
for _module in (__name__, RoundTransport.__module__):
    logging.getLogger(_module).setLevel(logging.WARNING)

MAX_POLL_RECORDS = 10_000
MAX_PARTITION_FETCH_BYTES = 1 << 20
COMMIT_INTERVAL_S = 2.0
# A member learns of a rebalance by its next heartbeat, and everybody waits for the last one to learn.
HEARTBEAT_INTERVAL_S = 1.0
# So soon it is noticed that topics have more partitions: keys have moved, and their histories have not.
METADATA_MAX_AGE_MS = 5_000


class RoundHandler(Protocol):
    """What the job does with rounds. An exception ends the job.

    Only `progress` and `enter` may run beside another.
    """

    async def started(self) -> None:
        """Get ready, before the group is joined."""

    async def positions(self, assigned: set[TP]) -> Mapping[TP, int]:
        """Take the partitions over and give the exact next offset of each, at every non-empty assignment."""

    def enter(self, stage: Stage, assigned: set[TP]) -> None:
        """Learn the stage of the flow, and what is assigned: nothing, where workers outnumber partitions."""

    async def process(self, fetched: Round) -> None:
        """Process a round; it is done when this returns."""

    def waiting(self) -> set[TP]:
        """Give the partitions of which records are at hand that must wait: no more of them is fetched."""

    def progress(self) -> Mapping[TP, int]:
        """Give the next offsets that are safe in the state; also asked after `stopped`."""

    async def stopped(self) -> None:
        """Finish what is under way and let go, before the group is left; also called after a crash."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to read, as whom, and what for. Times are in seconds; `seek_timeout` < `request_timeout`.

    `bootstrap_servers` are `host:port`, joined by commas.
    """

    bootstrap_servers: str
    group: str
    topics: tuple[str, ...]
    handler: RoundHandler
    credentials: CredentialsT | None = None
    session_timeout: float = 12.0
    request_timeout: float = 30.0
    max_poll_interval: float = 90.0
    seek_timeout: float = 20.0
    stop_timeout: float = 20.0


class JobStoppedError(Exception):
    """The job ended though nobody asked it to."""


class _Boot(BootStrategy):
    enable_kafka_producer = False


class _App(faust.App):
    BootStrategy = _Boot

    async def on_first_start(self) -> None:
        """Make no data directory: there are no tables."""


async def run_job(job: Job, stop: asyncio.Event) -> None:
    """Read the topics and process their rounds until `stop` is set; then drain and leave the group.

    Raises what crashed the job, or `TimeoutError` if it did not stop in time. After an exception Faust's
    consumer thread may still run, so the caller has to end the process with `os._exit`.
    """
    await job.handler.started()
    app = build_app(job)
    try:
        await _run(app, stop)
    except BaseException:
        try:
            await _stop(app, job)
        except Exception as error:
            log.error("the crashed job did not stop cleanly: %r", error)
        raise
    await _stop(app, job)


async def _run(app: faust.App, stop: asyncio.Event) -> None:
    """Start the app and wait for the first of: asked to stop, crashed, stopped by itself."""
    starting = asyncio.create_task(app.start())
    endings = {asyncio.create_task(_wait(event)) for event in (stop, app._crashed, app._stopped)}
    try:
        await asyncio.wait({starting, *endings}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancel({starting, *endings})
    if app.crash_reason is not None:
        raise app.crash_reason
    if not stop.is_set():
        raise JobStoppedError("the stream processor stopped by itself")


async def _wait(event: asyncio.Event | mode.utils.locks.Event) -> None:
    await event.wait()


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _stop(app: faust.App, job: Job) -> None:
    try:
        async with asyncio.timeout(job.stop_timeout):
            await _gate(app).drain()
            await job.handler.stopped()
    finally:
        async with asyncio.timeout(job.stop_timeout):
            await app.stop()


def _gate(app: faust.App) -> Gate:
    return cast(RoundConsumer, app.consumer).gate


def build_app(job: Job) -> faust.App:
    """Build the Faust app; it is started and stopped by `run_job`."""
    app = _App(
        job.group,
        broker=[f"aiokafka://{server.strip()}" for server in job.bootstrap_servers.split(",")],
        broker_credentials=job.credentials,
        broker_session_timeout=job.session_timeout,
        broker_heartbeat_interval=HEARTBEAT_INTERVAL_S,
        broker_request_timeout=job.request_timeout,
        broker_max_poll_interval=job.max_poll_interval,
        broker_max_poll_records=MAX_POLL_RECORDS,
        broker_commit_interval=COMMIT_INTERVAL_S,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=METADATA_MAX_AGE_MS,
        consumer_max_fetch_size=MAX_PARTITION_FETCH_BYTES,
        # Keeps Faust's co-partitioned assignor, which gives a worker the same partitions of every topic.
        table_standby_replicas=1,
        topic_allow_declare=False,
        topic_disable_leader=True,
        # A revocation must not wait for a round without a deadline; the state's fencing guards what follows.
        stream_wait_empty=False,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    handler = job.handler
    progress = Progress(handler.positions, handler.progress, handler.waiting, handler.enter, job.seek_timeout)
    app.transport = RoundTransport(app.conf.broker_consumer, app, topics=job.topics, progress=progress)
    source = app.topic(
        *job.topics,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        acks=False,
    )

    @app.agent(source, name="rounds", concurrency=1, supervisor_strategy=CrashingSupervisor)
    async def rounds(stream: StreamT[Round]) -> None:
        async for fetched in stream:
            await _gate(app).run(fetched, job.handler.process)

    return app
