"""Redis servers for the stores: single ones, and a cluster of two."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from detector.embedded import free_port
from tests.servers.redis import own_redis
from tests.servers.waiting import until

SLOTS = 16384
# Trying again is left to the store.
IMPATIENT: dict[str, Any] = {"socket_timeout": 2, "retry": Retry(NoBackoff(), 0)}
# Where no server fails, one that a busy machine makes slow is waited for.
PATIENT = IMPATIENT | {"socket_timeout": 30}


def running_cluster_node(directory: Path) -> AbstractContextManager[int]:
    directory.mkdir(exist_ok=True)
    return own_redis(directory, "--cluster-enabled", "yes", "--cluster-port", str(free_port()))


def meet(one: redis.Redis, other: redis.Redis) -> None:
    settings = other.config_get("port", "cluster-port")
    one.execute_command("CLUSTER", "MEET", "127.0.0.1", settings["port"], settings["cluster-port"])


def cluster_is_ok(node: redis.Redis) -> bool:
    return "cluster_state:ok" in node.execute_command("CLUSTER", "INFO")


@pytest.fixture(scope="session")
def cluster_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of one of two servers that have half of the slots each."""
    with ExitStack() as servers:
        ports = [
            servers.enter_context(running_cluster_node(tmp_path_factory.mktemp("cluster"))) for _ in range(2)
        ]
        one, other = (servers.enter_context(redis.Redis(port=port, decode_responses=True)) for port in ports)
        one.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, SLOTS // 2 - 1)
        other.execute_command("CLUSTER", "ADDSLOTSRANGE", SLOTS // 2, SLOTS - 1)
        meet(one, other)
        until(lambda: cluster_is_ok(one) and cluster_is_ok(other))
        yield ports[0]


def impatient_client(port: int, **options: Any) -> redis.asyncio.Redis:
    return redis.asyncio.Redis(port=port, **IMPATIENT, **options)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with redis.asyncio.Redis.from_url(redis_url, **PATIENT) as client:
        yield client


@pytest.fixture
async def cluster(cluster_port: int) -> AsyncIterator[redis.asyncio.RedisCluster]:
    async with redis.asyncio.RedisCluster(host="127.0.0.1", port=cluster_port, **PATIENT) as client:
        yield client


@pytest.fixture
def prefix() -> str:
    """A key prefix that no other test has used."""
    return f"test-{secrets.token_hex(6)}"
