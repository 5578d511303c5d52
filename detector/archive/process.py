"""`detector archive`: everything it needs, put together, run and taken down."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Collection, Sequence
from importlib.metadata import version

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from detector.archive.connect import describe_address
from detector.archive.database import Database, StoppedWhileAway
from detector.archive.flow import Flow
from detector.archive.lookout import Lookout
from detector.archive.metrics import ArchiveMetrics
from detector.archive.start import check_topics, migrated
from detector.config import KafkaSettings, Settings
from detector.monitor.health import Health
from detector.monitor.http import MonitorServer
from detector.stream.kafka import client_arguments
from detector.stream.log_offsets import LogOffsets
from detector.stream.tasks import end
from detector.stream.watchdog import Watchdog

_PARTITIONS = "partitions"
_log = logging.getLogger(__name__)


async def run_archive(settings: Settings, stop: asyncio.Event) -> None:
    """Migrate, and archive alerts until `stop` is set; then finish the batch under way and leave the group.

    Raises:
        StartRefused: Kafka or its topics are not as they must be.
        ArchiveError: PostgreSQL is not as it must be.
        AddressUnavailable: the HTTP address is taken.
        KafkaError: Kafka refuses to be read.
    """
    kafka = settings.kafka.model_copy(update={"group": settings.archive.group})
    topics = (settings.topics.alerts, settings.topics.alerts_shadow)
    await check_topics(kafka, topics)
    connection = await migrated(settings.archive)
    health = Health({_PARTITIONS: "no partition is assigned yet"})
    database = Database(settings.archive, connection, health, stop)
    try:
        await _Archive(settings, kafka, topics, database, health).run(stop)
    finally:
        await database.close()


class _Archive:
    """The parts of the running archive."""

    def __init__(
        self,
        settings: Settings,
        kafka: KafkaSettings,
        topics: Sequence[str],
        database: Database,
        health: Health,
    ) -> None:
        self._http = settings.http.model_copy(update={"port": settings.archive.http_port})
        self._where = describe_address(settings.archive)
        self._topics = topics
        self._health = health
        self._metrics = ArchiveMetrics(version("streaming-fraud-detector"), lambda: health.ready()[0])
        self._offsets = LogOffsets(kafka, settings.topics.by_merchant)
        self._consumer = _consumer(kafka)
        self._flow = Flow(self._consumer, database, settings.archive.keep, self._metrics)
        self._lookout = Lookout(self._offsets, self._consumer.assignment, database, health, self._metrics)

    async def run(self, stop: asyncio.Event) -> None:
        server = MonitorServer(self._http, self._health, self._metrics.registry)
        watchdog = Watchdog(self._lookout.stalls, self._health.stalled, os._exit)
        watchdog.start()
        _log.info(
            "archive started, alerts go to %s, http on %s:%d", self._where, self._http.host, server.port
        )
        try:
            await self._archive_until(stop)
        finally:
            watchdog.stop()
            server.close()
        _log.info("archive stopped, the group is left")

    async def _archive_until(self, stop: asyncio.Event) -> None:
        self._consumer.subscribe(self._topics, listener=_Assignments(self._health))
        await self._offsets.start()
        lookout = asyncio.create_task(self._lookout.run())
        try:
            await self._consumer.start()
            while not stop.is_set():
                await self._flow.step()
        except StoppedWhileAway:
            _log.warning("stopped while PostgreSQL is away: the next start reads the last alerts again")
        finally:
            await end([lookout])
            await self._consumer.stop()
            await self._offsets.stop()


def _consumer(kafka: KafkaSettings) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        **client_arguments(kafka),
        group_id=kafka.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=kafka.session_timeout,
        request_timeout_ms=kafka.request_timeout,
        max_poll_interval_ms=kafka.max_poll_interval,
    )


class _Assignments(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Tells the health whether the group has given out its partitions."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._health.unmet(_PARTITIONS, "the consumer group is giving out its partitions")

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._health.met(_PARTITIONS)
