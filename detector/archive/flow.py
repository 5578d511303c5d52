"""From Kafka to PostgreSQL: read, write, and only then commit what was read."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError

from detector.archive.database import Database
from detector.archive.metrics import ArchiveMetrics
from detector.archive.records import Archivable, place_of, read_record
from detector.archive.writing import MOST_DELETED, delete_older, write

_FETCH_MS = 1_000
_MOST_RECORDS = 1_000
_DELETE_EVERY_S = 600.0
_log = logging.getLogger(__name__)


class Flow:
    """Moves alerts, one batch at a time.

    A crash or a rebalance between the write and the commit has records read again: they change nothing.

    Args:
        consumer: is subscribed, and commits nothing by itself.
        database: where alerts go.
        keep: for how many ms after their event time.
        metrics: are told what became of the records.
    """

    def __init__(
        self, consumer: AIOKafkaConsumer, database: Database, keep: int, metrics: ArchiveMetrics
    ) -> None:
        self._consumer = consumer
        self._database = database
        self._keep = keep
        self._metrics = metrics
        self._is_committed = True
        self._delete_at = time.monotonic()

    async def step(self) -> None:
        """Move what has come, or wait for it for a second.

        Raises:
            StoppedWhileAway: PostgreSQL has not taken it, and the archive is being stopped.
            KafkaError: Kafka refuses to be read.
        """
        fetched = await self._consumer.getmany(timeout_ms=_FETCH_MS, max_records=_MOST_RECORDS)
        records = [record for of_partition in fetched.values() for record in of_partition]
        await self._store(self._alerts(records))
        await self._delete_old()
        self._is_committed = self._is_committed and not records
        if not self._is_committed:
            await self._commit()

    def _alerts(self, records: Iterable[ConsumerRecord]) -> list[Archivable]:
        alerts = []
        for record in records:
            if (alert := read_record(record)) is None:
                self._metrics.alerts_total.labels("refused").inc()
                _log.warning("%s: not an alert, passed over", place_of(record))
            else:
                alerts.append(alert)
        return alerts

    async def _store(self, alerts: list[Archivable]) -> None:
        """Write; without alerts this asks PostgreSQL whether it is there."""
        begun = time.monotonic()
        written = await self._database.patiently(lambda connection: write(connection, alerts))
        if not alerts:
            return
        self._metrics.write_seconds.observe(time.monotonic() - begun)
        self._metrics.last_write_timestamp_seconds.set_to_current_time()
        for alert in written.refused:
            _log.warning("%s: PostgreSQL cannot hold this alert, passed over", alert.place)
        refused = len(written.refused)
        self._metrics.alerts_total.labels("refused").inc(refused)
        self._metrics.alerts_total.labels("written").inc(written.rows)
        self._metrics.alerts_total.labels("known").inc(len(alerts) - refused - written.rows)

    async def _delete_old(self) -> None:
        if time.monotonic() < self._delete_at:
            return
        deleted = await self._database.patiently(lambda connection: delete_older(connection, self._keep))
        if deleted < MOST_DELETED:
            self._delete_at = time.monotonic() + _DELETE_EVERY_S

    async def _commit(self) -> None:
        # What the consumer has handed out is written by now, so its positions may be committed. After a
        # rebalance they are those of its new partitions.
        try:
            await self._consumer.commit()
        except KafkaError as error:
            _log.info("offsets are committed later, for now there is %s", type(error).__name__)
        else:
            self._is_committed = True
