"""Work on PostgreSQL is tried until it succeeds, and whoever asks can see why it does not."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from psycopg import AsyncConnection

from detector.archive.connect import connect
from detector.archive.database import POSTGRESQL, Database, StoppedWhileAway
from detector.config import ArchiveSettings
from detector.monitor.health import Health
from tests.servers.postgres import RunningPostgres, running_postgres


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[RunningPostgres]:
    """A server that a test may stop, if it starts it again."""
    with running_postgres() as running:
        yield running


@asynccontextmanager
async def database_on(
    settings: ArchiveSettings, health: Health, stop: asyncio.Event
) -> AsyncIterator[Database]:
    database = Database(settings, await connect(settings), health, stop)
    try:
        yield database
    finally:
        await database.close()


async def one(connection: AsyncConnection) -> int:
    found = await connection.execute("SELECT 1")
    [(number,)] = await found.fetchall()
    return int(number)


async def until_away(database: Database) -> None:
    async with asyncio.timeout(20):
        while not database.is_away:
            await asyncio.sleep(0.01)


async def test_work_waits_for_a_server_that_is_away(own_postgres: RunningPostgres) -> None:
    health = Health({})
    async with database_on(own_postgres.settings_of("postgres"), health, asyncio.Event()) as database:
        assert await database.patiently(one) == 1
        own_postgres.stop()
        try:
            waiting = asyncio.create_task(database.patiently(one))
            await until_away(database)
            ready, reasons = health.ready()
            assert not ready
            assert reasons[POSTGRESQL].startswith(f"PostgreSQL at 127.0.0.1:{own_postgres.port}/postgres: ")
            assert "\n" not in reasons[POSTGRESQL]
        finally:
            own_postgres.start()

        assert await asyncio.wait_for(waiting, 30) == 1
        assert health.ready() == (True, {})
        assert not database.is_away


async def test_waiting_ends_when_the_archive_does(own_postgres: RunningPostgres) -> None:
    stop = asyncio.Event()
    async with database_on(own_postgres.settings_of("postgres"), Health({}), stop) as database:
        own_postgres.stop()
        try:
            waiting = asyncio.create_task(database.patiently(one))
            await until_away(database)
            stop.set()
            with pytest.raises(StoppedWhileAway):
                await asyncio.wait_for(waiting, 2)
        finally:
            own_postgres.start()


async def test_what_the_server_refuses_is_tried_again_and_told_without_the_rows(
    empty: ArchiveSettings,
) -> None:
    health = Health({})
    seen: list[dict[str, str]] = []
    servers: list[int] = []

    async def refused_once(connection: AsyncConnection) -> int:
        seen.append(health.ready()[1])
        servers.append(connection.info.backend_pid)
        if len(seen) == 1:
            raise psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT\nDETAIL: secret row")
        return 7

    async with database_on(empty, health, asyncio.Event()) as database:
        assert await database.patiently(refused_once) == 7

    assert seen[1][POSTGRESQL].endswith(": cannot execute INSERT")
    # After a fail-over the same address may mean another server.
    assert servers[0] != servers[1]


async def test_the_present_attempt_is_timed(empty: ArchiveSettings) -> None:
    async with database_on(empty, Health({}), asyncio.Event()) as database:

        async def slow(connection: AsyncConnection) -> float:
            await connection.execute("SELECT pg_sleep(0.05)")
            return database.silent_seconds()

        assert await database.patiently(slow) >= 0.05
        assert database.silent_seconds() == 0
