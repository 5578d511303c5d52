"""Servers and topics for the tests that ask for them; a server starts at the first such test of a run."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
import redis
from aiokafka.admin import AIOKafkaAdminClient

from tests.servers.kafka import RunningKafka, start_kafka
from tests.servers.redis import RunningRedis, start_redis
from tests.servers.topics import Topics


@pytest.fixture(scope="session")
def kafka() -> Iterator[RunningKafka]:
    running = start_kafka()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RunningRedis]:
    running = start_redis()
    yield running
    running.stop()


@pytest_asyncio.fixture
async def topics(kafka: RunningKafka) -> AsyncIterator[Topics]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        factory = Topics(admin)
        yield factory
        await factory.delete_all()
    finally:
        await admin.close()


@pytest.fixture
def redis_url(redis_server: RunningRedis) -> str:
    """The URL of an empty Redis database that belongs to the tests."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushdb()
    return redis_server.url
