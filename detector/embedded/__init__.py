"""A broker and a Redis without any installation, for the demo and for tests; nothing is kept on disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from detector.embedded.broker import embedded_broker
from detector.embedded.errors import EmbeddedServerError
from detector.embedded.redis import bundled_redis, running_redis
from detector.monitor.ports import free_port

__all__ = ["EmbeddedServerError", "EmbeddedServers", "embedded_servers", "free_port"]


@dataclass(frozen=True, slots=True)
class EmbeddedServers:
    """Where the embedded servers listen."""

    bootstrap_servers: str
    redis_url: str


@contextmanager
def embedded_servers() -> Iterator[EmbeddedServers]:
    """Run both servers for the length of a `with` block, and stop both however it is left.

    Raises:
        EmbeddedServerError: One of them cannot run on this platform or did not start.
    """
    with running_redis(bundled_redis()) as redis_url, embedded_broker() as bootstrap_servers:
        yield EmbeddedServers(bootstrap_servers, redis_url)
