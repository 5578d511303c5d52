"""The worker: everything the live job needs, put together, run and taken down."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from importlib.metadata import version

from aiokafka import AIOKafkaProducer
from faust.types import TP

from detector.config import Settings
from detector.core.compiled import COMPILED
from detector.monitor.health import Health
from detector.monitor.http import MonitorServer
from detector.monitor.metrics import Metrics
from detector.state.connect import connect, describe_address
from detector.state.redis_lists import RedisLists
from detector.state.redis_store import RedisStore
from detector.state.store import StateStore
from detector.stream.checks import worker_checks
from detector.stream.counts import begin_at_zero
from detector.stream.dead_letters import DeadLetters
from detector.stream.forwarder import Forwarder
from detector.stream.histories import Histories
from detector.stream.intake import Intake
from detector.stream.job import Job, run_job
from detector.stream.kafka import alert_producer, faust_credentials, rekeying_producer
from detector.stream.log_offsets import LogOffsets
from detector.stream.lookout import Lookout
from detector.stream.pace import Pace
from detector.stream.processor import Outlets, Processor
from detector.stream.publisher import Publisher
from detector.stream.rekeying import Rekeying
from detector.stream.reload import Reload
from detector.stream.rounds import Round
from detector.stream.rulebook import InForce, Rulebook
from detector.stream.scopes import Scopes
from detector.stream.signs import Signs
from detector.stream.takeover import Takeover
from detector.stream.tasks import end
from detector.stream.topics import partition_counts
from detector.stream.transport import Stage
from detector.stream.watchdog import Watchdog

log = logging.getLogger(__name__)

_PARTITIONS = "partitions"
_START_SECONDS = 10.0


async def run_worker(settings: Settings, stop: asyncio.Event, reload: asyncio.Event) -> None:
    """Check, start, and process until `stop` is set; then drain and leave the group.

    Whenever `reload` is set, the rules are read again.

    Raises:
        RuleFaultsError: the rules have faults, fail their own tests, or need lists that nobody has made.
        StartRefused: Kafka or its topics are not as they must be.
        StateError: Redis is not as it must be, or failed for too long.
        AddressUnavailable: the HTTP address is taken.
    """
    client = connect(settings.redis)
    secret = settings.redis.key_secret.get_secret_value() if settings.redis.key_secret else None
    store = RedisStore(client, settings.redis.prefix, key_secret=secret)
    book = Rulebook(settings, RedisLists(client, settings.redis.prefix, _START_SECONDS))
    try:
        files = await book.read()
        await worker_checks(settings)
        partitions = await _partitions(settings)
        at_start = RedisStore(client, settings.redis.prefix, _START_SECONDS, secret)
        await at_start.check()
        await at_start.check_keys(partitions)
        await book.open(files)
        await _Worker(settings, book, store, partitions, reload).run(stop)
    finally:
        await store.close()


async def _partitions(settings: Settings) -> int:
    topic = settings.topics.payments
    return (await partition_counts(settings.kafka, [topic]))[topic]


class _Worker:
    """The parts of the live job; it is what the Faust app hands its rounds to."""

    def __init__(
        self,
        settings: Settings,
        book: Rulebook,
        store: StateStore,
        partitions: int,
        reload: asyncio.Event,
    ) -> None:
        self._settings = settings
        inputs, internal = settings.topics.inputs, settings.topics.by_merchant
        self._topics = (*inputs, internal)
        self._metrics = Metrics(version("streaming-fraud-detector"))
        in_force = book.in_force
        self._reload = Reload(book, self._use, reload, self._metrics)
        self._health = Health({_PARTITIONS: "no partition is assigned yet"})
        self._metrics.ready.set_function(lambda: self._health.ready()[0])
        begin_at_zero(self._metrics, self._topics)
        state = settings.state
        deciding = in_force.deciding
        self._producer: AIOKafkaProducer = alert_producer(settings.kafka)
        self._rekeying_producer: AIOKafkaProducer = rekeying_producer(settings.kafka)
        self._publisher = Publisher(store, self._producer, settings.topics, self._metrics)
        self._offsets = LogOffsets(settings.kafka, internal)
        self._takeover = Takeover(
            store, self._offsets, self._publisher, self._topics, partitions, deciding.span
        )
        scopes = Scopes(inputs, partitions, deciding)
        rekeying = Rekeying(inputs, partitions)
        self._processor = Processor(
            store,
            Histories(store, scopes, state.keep_after, state.cache_events),
            scopes,
            rekeying,
            Intake(internal, rekeying, scopes, Pace(store, partitions), state.allowed_lateness // 2),
            Outlets(
                self._publisher,
                DeadLetters(self._producer, settings.topics.dead_letters),
                Forwarder(self._rekeying_producer, internal),
            ),
            self._metrics,
            f"/{settings.kafka.group}",
        )
        self._use(in_force, other_rules=False)
        self._signs = Signs(self._health.heartbeat_age, settings.kafka.session_timeout / 1000)
        self._lookout = Lookout(
            self._signs,
            self._health,
            store,
            self._offsets,
            self._processor,
            self._metrics,
            TP(settings.topics.payments, 0),
        )
        self._chores: list[asyncio.Task[None]] = []
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None

    async def run(self, stop: asyncio.Event) -> None:
        self._stop = stop
        kafka = self._settings.kafka
        job = Job(
            bootstrap_servers=kafka.bootstrap_servers,
            group=kafka.group,
            topics=self._topics,
            handler=self,
            credentials=faust_credentials(kafka),
            session_timeout=kafka.session_timeout / 1000,
            request_timeout=kafka.request_timeout / 1000,
            max_poll_interval=kafka.max_poll_interval / 1000,
        )
        server = MonitorServer(self._settings.http, self._health, self._metrics.registry)
        watchdog = Watchdog(self._signs.stalls, self._health.stalled, os._exit)
        watchdog.start()
        where = describe_address(self._settings.redis)
        log.info(
            "detector started%s, state in %s, http on %s:%d",
            ", compiled" if COMPILED else "",
            where,
            self._settings.http.host,
            server.port,
        )
        try:
            await run_job(job, stop)
        finally:
            watchdog.stop()
            server.close()
        if self._failure is not None:
            raise self._failure
        log.info("detector stopped, the group is left")

    async def started(self) -> None:
        await self._offsets.start()
        # The heart beats from here on, also while what follows waits for Kafka.
        chores = (*self._lookout.chores(), self._reload.run())
        self._chores = [asyncio.create_task(chore) for chore in chores]
        await self._producer.start()
        await self._rekeying_producer.start()
        for task in (self._publisher.start(), *self._chores):
            task.add_done_callback(self._end_with)

    async def positions(self, assigned: set[TP]) -> Mapping[TP, int]:
        self._health.unmet(_PARTITIONS, "partitions are being taken over")
        self._forget(set(self._processor.offsets()) - assigned)
        self._processor.own(await self._takeover.take({tp.partition for tp in assigned}))
        owned = sorted({tp.partition for tp in assigned})
        log.info("owns partitions %s", ", ".join(map(str, owned)))
        return self._processor.offsets()

    def enter(self, stage: Stage, assigned: set[TP]) -> None:
        self._lookout.enter(stage, assigned)
        if stage is Stage.REVOKED:
            self._health.unmet(_PARTITIONS, "the consumer group is giving out its partitions")
        elif stage is Stage.FLOWING:
            self._flow_from(assigned)

    def _flow_from(self, assigned: set[TP]) -> None:
        if not assigned:
            log.info("owns no partition, for the group has more workers than partitions: ready to take over")
            self._forget(set(self._processor.offsets()))
        self._metrics.rebalances_total.inc()
        self._metrics.assigned_partitions.set(len({tp.partition for tp in assigned}))
        self._health.met(_PARTITIONS)

    async def process(self, fetched: Round) -> None:
        await self._processor.process(fetched)

    def waiting(self) -> set[TP]:
        return self._processor.waiting()

    def progress(self) -> Mapping[TP, int]:
        return self._processor.offsets()

    async def stopped(self) -> None:
        try:
            await self._publisher.settle()
        finally:
            await end(self._chores)
            await self._publisher.stop()
            await self._producer.stop()
            await self._rekeying_producer.stop()
            await self._offsets.stop()

    def _end_with(self, task: asyncio.Task[None]) -> None:
        """End the worker where one of its tasks has failed: it would go on, but blind in one eye."""
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("%s failed: %r", task.get_name(), failure)
            self._failure = failure
            self._stop.set()

    def _forget(self, revoked: set[TP]) -> None:
        self._metrics.drop_partitions(revoked)

    def _use(self, in_force: InForce, other_rules: bool) -> None:
        """Go on with what is in force."""
        self._processor.use(in_force.deciding, reread=other_rules)
        self._takeover.span = in_force.deciding.span
        self._metrics.show_rules(in_force.rules)
