"""A detector with twelve partitions for each test that asks."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.faults.random_kills import PARTITIONS
from tests.integration.live import Live, live_on
from tests.servers.kafka import RunningKafka
from tests.servers.topics import Topics


@pytest_asyncio.fixture
async def live(kafka: RunningKafka, redis_url: str, topics: Topics, tmp_path: Path) -> AsyncIterator[Live]:
    async with live_on(kafka.bootstrap, redis_url, topics, tmp_path, PARTITIONS) as found:
        yield found


@pytest_asyncio.fixture
async def small_live(
    kafka: RunningKafka, redis_url: str, topics: Topics, tmp_path: Path
) -> AsyncIterator[Live]:
    async with live_on(kafka.bootstrap, redis_url, topics, tmp_path) as found:
        yield found
