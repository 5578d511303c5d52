"""The archive as its users run it: a process on a real Kafka and PostgreSQL, seen from outside."""

import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from confluent_kafka.admin import AdminClient
from psycopg.rows import dict_row

from detector.embedded import free_port
from tests.archive.given import encoded
from tests.integration.live import Live, Worker, eventually
from tests.servers.postgres import RunningPostgres

TOPICS = ("alerts", "alerts_shadow")


@dataclass
class Archiving:
    """Topics and a database of its own, and the settings of an archive on them."""

    live: Live
    postgres: RunningPostgres
    database: str = ""
    group: str = field(default_factory=lambda: f"archive-{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self.database = self.database or self.postgres.new_database()
        self.live.extra |= {
            "DETECTOR_ARCHIVE__URL": f"postgresql://127.0.0.1:{self.postgres.port}/{self.database}",
            "DETECTOR_ARCHIVE__USERNAME": "postgres",
            "DETECTOR_ARCHIVE__GROUP": self.group,
            "DETECTOR_ARCHIVE__KEEP": "36500d",
        }

    @asynccontextmanager
    async def running(self, **environment: str) -> AsyncIterator[Worker]:
        """An archive process; ended after the block if it still runs."""
        archive = self.live.start_archive(free_port(), **environment)
        try:
            yield archive
        finally:
            archive.kill()

    async def publish(self, alerts: Iterable[Any]) -> None:
        """Put alerts, or bytes that are none, on their topics, keyed as the detector does."""
        await self.live.send_records([self._record(alert) for alert in alerts])

    def _record(self, alert: Any) -> tuple[str, bytes, bytes | None]:
        if not isinstance(alert, dict):
            return self.live.names["alerts"], b"k", alert
        topic = "alerts_shadow" if alert["mode"] == "shadow" else "alerts"
        return self.live.names[topic], next(iter(alert["entity"].values())).encode(), encoded(alert)

    def rows(self) -> list[dict[str, Any]]:
        """What the archive holds now."""
        with self.postgres.connect(self.database) as connection:
            return connection.cursor(row_factory=dict_row).execute("SELECT * FROM fraud.alerts").fetchall()

    def count(self) -> int:
        """How many alerts it holds now; none while PostgreSQL is away or its tables are not made."""
        try:
            with self.postgres.connect(self.database) as connection:
                [(number,)] = connection.execute("SELECT count(*) FROM fraud.alerts").fetchall()
                return int(number)
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
            return 0

    def waits_for_a_lock(self) -> bool:
        """Whether the archive is in the middle of a write that another holds up."""
        with self.postgres.connect(self.database) as connection:
            waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
            return connection.execute(waiting, [self.database]).fetchone() is not None

    def members(self) -> int:
        """How many archives the group has."""
        client = AdminClient({"bootstrap.servers": self.live.bootstrap})
        described = client.describe_consumer_groups([self.group])[self.group].result()
        return len(described.members)

    async def holds(self, number: int, seconds: float = 60.0) -> None:
        """Wait until there are so many alerts."""
        await eventually(lambda: self.count() >= number, seconds, every=0.01)
