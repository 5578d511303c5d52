"""A real Kafka and a real Redis for the length of a benchmark."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from bench.kafka import drop_topics
from tests.servers.kafka import start_kafka
from tests.servers.redis import start_redis


class Servers(NamedTuple):
    """Their addresses, and what all topics of this benchmark begin with."""

    bootstrap: str
    redis_url: str
    prefix: str


@contextmanager
def running_servers() -> Iterator[Servers]:
    """Start both, or use those of DETECTOR_TEST_KAFKA and DETECTOR_TEST_REDIS; leave no topic behind."""
    prefix = f"bench-{uuid.uuid4().hex[:8]}"
    with ExitStack() as stack:
        redis = start_redis()
        stack.callback(redis.stop)
        kafka = start_kafka()
        stack.callback(kafka.stop)
        stack.callback(drop_topics, kafka.bootstrap, prefix)
        yield Servers(kafka.bootstrap, redis.url, prefix)


@contextmanager
def running_redis() -> Iterator[str]:
    """Start a Redis alone, or use that of DETECTOR_TEST_REDIS; gives its URL."""
    redis = start_redis()
    try:
        yield redis.url
    finally:
        redis.stop()
