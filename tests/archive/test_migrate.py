"""The schema is made once, by whoever comes first, and never taken back."""

import asyncio

import psycopg
import pytest
from psycopg import AsyncConnection

from detector.archive.connect import connect
from detector.archive.errors import ArchiveError
from detector.archive.migrate import migrate, migrations
from detector.archive.writing import write
from detector.config import ArchiveSettings
from tests.archive.given import alert, archivable
from tests.archive.rows import rows

ALL = list(migrations())


def test_the_migrations_count_from_one_without_a_gap() -> None:
    assert list(range(1, len(ALL) + 1)) == ALL


async def test_an_empty_database_is_brought_up_to_date_once(empty: ArchiveSettings) -> None:
    async with await connect(empty) as connection:
        assert await migrate(connection) == ALL
        await write(connection, archivable(alert("a1")))
        assert await migrate(connection) == []
        assert set(await rows(connection)) == {"a1"}


async def test_archives_that_start_together_migrate_once(empty: ArchiveSettings) -> None:
    async def one() -> list[int]:
        async with await connect(empty) as connection:
            return await migrate(connection)

    applied = await asyncio.gather(*(one() for _ in range(4)))

    assert sorted(applied) == [[], [], [], ALL]


async def test_a_newer_database_is_refused(connection: AsyncConnection) -> None:
    await connection.execute("INSERT INTO fraud.migrations (version) VALUES (999)")

    with pytest.raises(
        ArchiveError, match=r"schema fraud is of version 999, .* up to 1: run a newer detector"
    ):
        await migrate(connection)


async def test_where_a_migration_fails_nothing_is_left_of_the_others(empty: ArchiveSettings) -> None:
    async with await connect(empty) as connection:
        await connection.execute("CREATE SCHEMA fraud")
        await connection.execute("CREATE VIEW fraud.alert_rows AS SELECT 1 AS one")

        with pytest.raises(psycopg.errors.DuplicateTable):
            await migrate(connection)

        found = await connection.execute(
            "SELECT to_regclass('fraud.alerts'), to_regclass('fraud.migrations')"
        )
        assert await found.fetchone() == (None, None)
