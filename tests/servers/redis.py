"""One Redis server for the tests, in memory and without eviction, wherever it can be had."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import redis

from detector.embedded import free_port
from detector.embedded.errors import EmbeddedServerError
from detector.embedded.process import running_server
from detector.embedded.redis import bundled_redis, running_redis
from tests.servers.containers import containers_available
from tests.servers.errors import MissingServerError
from tests.servers.programs import program

_IMAGE = "redis:7.4"
_LAST_DATABASE = 15
_START_SECONDS = 30.0
_REMEDY = (
    "install redis-server, or Docker and testcontainers, or set DETECTOR_TEST_REDIS to redis://host:port"
)


@dataclass(frozen=True)
class RunningRedis:
    url: str
    stop: Callable[[], None]


def start_redis() -> RunningRedis:
    """Use the server at DETECTOR_TEST_REDIS, else start one: in a container, from PATH, or the bundled one.

    On a given server the tests own database 15, those that run beside them the ones before it: each must be
    empty at first, and is left empty.
    """
    with ExitStack() as stack:
        if given := os.environ.get("DETECTOR_TEST_REDIS"):
            url = stack.enter_context(_empty_database_of(given))
        elif containers_available():
            url = stack.enter_context(_from_image())
        else:
            url = stack.enter_context(running_redis(_binary()))
        return RunningRedis(url, stack.pop_all().close)


@contextmanager
def _empty_database_of(url: str) -> Iterator[str]:
    database = _LAST_DATABASE - int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = urlsplit(url)._replace(path=f"/{database}").geturl()
    with redis.Redis.from_url(own) as client:
        if client.dbsize():
            raise MissingServerError(
                f"database {database} of DETECTOR_TEST_REDIS is for the tests, but not empty: empty it"
            )
        yield own
        client.flushdb()


@contextmanager
def _from_image() -> Iterator[str]:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    command = ["redis-server", "--save", "", "--maxmemory-policy", "noeviction"]
    ready = LogMessageWaitStrategy("Ready to accept connections")
    server = DockerContainer(_IMAGE).with_exposed_ports(6379).with_command(command).waiting_for(ready)
    with server as container:
        yield f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"


@contextmanager
def own_redis(folder: Path, *options: str, port: int | None = None) -> Iterator[int]:
    """A server from PATH with these options and what is in this folder; gives its port."""
    port = port or free_port()
    base = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with redis_from_path(folder, redis.Redis(port=port), *base, *options):
        yield port


@contextmanager
def redis_from_path(folder: Path, client: redis.Redis, *arguments: str) -> Iterator[None]:
    """A server with these arguments alone, from when it answers this client."""
    command = [program("redis-server", "redis-server"), *arguments]
    with client, running_server(command, folder, lambda: pings(client), timeout=_START_SECONDS):
        yield


def pings(client: redis.Redis) -> bool:
    """Whether the server answers."""
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def _binary() -> Path:
    if installed := shutil.which("redis-server"):
        return Path(installed)
    try:
        return bundled_redis()
    except EmbeddedServerError as error:
        raise MissingServerError(f"no Redis for the tests: {_REMEDY}") from error
