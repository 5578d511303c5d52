"""A real Kafka and a real Redis for the length of a benchmark."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import redis

from bench.kafka import drop_topics
from bench.processes import OWN_CODE
from tests.servers.compiled import compiled_code
from tests.servers.kafka import start_kafka
from tests.servers.redis import start_redis


class Servers(NamedTuple):
    """Their addresses, what all topics of this benchmark begin with, and the folder of the worker's code."""

    bootstrap: str
    redis_url: str
    prefix: str
    code: Path


@contextmanager
def code_of(compiled: bool) -> Iterator[Path]:
    """The folder of the code beside this one, or of what is built from it with its core `compiled`."""
    if not compiled:
        yield OWN_CODE
        return
    with TemporaryDirectory(prefix="bench-code-") as folder:
        yield compiled_code(Path(folder))


@contextmanager
def running_servers(compiled: bool) -> Iterator[Servers]:
    """Start both, or use those of DETECTOR_TEST_KAFKA and DETECTOR_TEST_REDIS; leave no topic behind.

    The worker's code is that beside this one, or what is built from it with its core `compiled`.
    """
    prefix = f"bench-{uuid.uuid4().hex[:8]}"
    with ExitStack() as stack:
        code = stack.enter_context(code_of(compiled))
        server = start_redis()
        stack.callback(server.stop)
        kafka = start_kafka()
        stack.callback(kafka.stop)
        stack.callback(drop_topics, kafka.bootstrap, prefix)
        yield Servers(kafka.bootstrap, server.url, prefix, code)


def empty_redis(url: str) -> None:
    """Delete all that Redis holds for this benchmark."""
    with redis.Redis.from_url(url) as client:
        client.flushdb()


@contextmanager
def running_redis() -> Iterator[str]:
    """Start a Redis alone, or use that of DETECTOR_TEST_REDIS; gives its URL."""
    server = start_redis()
    try:
        yield server.url
    finally:
        server.stop()
