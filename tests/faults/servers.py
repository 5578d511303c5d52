"""The servers of a fault run outside of pytest, and a detector of its own for each run."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import redis
from aiokafka.admin import AIOKafkaAdminClient

from tests.integration.live import Live, live_on
from tests.servers.kafka import start_kafka
from tests.servers.redis import start_redis
from tests.servers.topics import Topics


class Servers(NamedTuple):
    """Where Kafka and Redis answer."""

    bootstrap: str
    redis_url: str


@contextmanager
def running_servers() -> Iterator[Servers]:
    """One Kafka and one Redis."""
    with ExitStack() as stack:
        kafka = start_kafka()
        stack.callback(kafka.stop)
        server = start_redis()
        stack.callback(server.stop)
        yield Servers(kafka.bootstrap, server.url)


@asynccontextmanager
async def fresh_detector(servers: Servers, partitions: int) -> AsyncIterator[Live]:
    """A detector with new topics, an empty Redis and a folder for its logs, which stays."""
    with redis.Redis.from_url(servers.redis_url) as client:
        client.flushdb()
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.bootstrap)
    await admin.start()
    topics = Topics(admin)
    folder = Path(tempfile.mkdtemp(prefix="detector-faults-"))
    try:
        async with live_on(servers.bootstrap, servers.redis_url, topics, folder, partitions) as live:
            yield live
    finally:
        await topics.delete_all()
        await admin.close()
