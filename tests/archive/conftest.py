"""An archive of its own for each test that asks."""

from collections.abc import AsyncIterator

import pytest_asyncio
from psycopg import AsyncConnection

from detector.archive.connect import connect
from detector.archive.migrate import migrate
from detector.config import ArchiveSettings
from tests.servers.postgres import RunningPostgres


@pytest_asyncio.fixture
async def empty(postgres: RunningPostgres) -> ArchiveSettings:
    """The settings of a database with nothing in it."""
    return postgres.settings_of(postgres.new_database())


@pytest_asyncio.fixture
async def connection(empty: ArchiveSettings) -> AsyncIterator[AsyncConnection]:
    """A connection to a migrated database."""
    async with await connect(empty) as connected:
        await migrate(connected)
        yield connected
