"""Servers and topics for the tests that ask for them; a server starts at the first such test of a run."""

import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
import redis
from aiokafka.admin import AIOKafkaAdminClient

from tests.servers.kafka import RunningKafka, start_kafka
from tests.servers.postgres import RunningPostgres, running_postgres
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


@pytest.fixture(scope="session")
def postgres() -> Iterator[RunningPostgres]:
    with running_postgres() as running:
        yield running


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


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End the run though a thread of a crashed job lives on: Faust's consumer thread is no daemon.

    The worker itself ends its process in the same way.
    """
    left = [thread for thread in threading.enumerate() if not thread.daemon]
    status = getattr(config, "detector_exit_status", None)
    if len(left) > 1 and status is not None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.detector_exit_status = int(exitstatus)
