"""A detector of its own for each test that asks."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.integration.live import Live, Worker, live_on
from tests.servers.kafka import RunningKafka
from tests.servers.topics import Topics


@pytest_asyncio.fixture
async def live(kafka: RunningKafka, redis_url: str, topics: Topics, tmp_path: Path) -> AsyncIterator[Live]:
    async with live_on(kafka.bootstrap, redis_url, topics, tmp_path) as found:
        yield found


@pytest_asyncio.fixture
async def worker(live: Live) -> AsyncIterator[Worker]:
    """A worker that is ready; ended after the test if it still runs."""
    running = live.start()
    try:
        await running.ready()
        yield running
    finally:
        running.kill()
