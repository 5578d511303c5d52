"""A worker, or several as one, through a backlog, held against a backtest over the same events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench.errors import BenchFailed
from bench.kafka import drop_topics, make_topics, standing_alerts, topic_settings, with_inputs_of
from bench.processes import redis_memory, running_worker
from bench.servers import Servers, empty_redis
from bench.throughput import Throughput, measure_throughput
from bench.traffic import Record, expected_alerts, rekeyed
from detector.config import Settings, TopicSettings
from detector.core.rule import Rule


class Expected(NamedTuple):
    """What is to become of a backlog: events, those that go on to their merchants, and ids of alerts."""

    events: int
    rekeyed: int
    alerts: set[str]


@dataclass(frozen=True)
class WorkerRun:
    """What one run took; `peak_bytes` is of all processes' memory, `redis_bytes` what Redis' use grew by."""

    throughput: Throughput
    peak_bytes: int
    redis_bytes: int


def expected_of(records: Sequence[Record], rules: Sequence[Rule]) -> Expected:
    """What is to become of the records with these rules."""
    return Expected(len(records), rekeyed(records, rules), expected_alerts(records, rules, Settings()))


def run_worker(
    servers: Servers,
    topics: TopicSettings,
    expected: Expected,
    rules: Path | None = None,
    workers: int = 1,
    feed: Callable[[], None] | None = None,
) -> WorkerRun:
    """Start workers on topics that hold the backlog, and watch them until it is done.

    Args:
        servers: the Kafka and the Redis to use, and the code to run.
        topics: what is read and written.
        expected: what is to become of the backlog.
        rules: the directory of the rules; the shipped ones, if None.
        workers: how many.
        feed: called when all are ready, to send what the topics do not hold yet.

    Raises:
        BenchFailed: the standing alerts are not those that are expected.
    """
    before = redis_memory(servers.redis_url)
    with running_worker(servers.bootstrap, servers.redis_url, servers.code, topics, rules, workers) as worker:
        if feed is not None:
            feed()
        # Workers that are fed are in full swing at the first look: what is half done then counts little.
        head_start = 0.25 if feed is None else 0.5
        found = measure_throughput(worker, servers.redis_url, expected.events, expected.rekeyed, head_start)
        run = WorkerRun(found, worker.peak_memory(), redis_memory(servers.redis_url) - before)
    check_alerts(servers.bootstrap, topics.alerts, expected.alerts)
    return run


def run_worker_anew(
    servers: Servers,
    inputs: TopicSettings,
    own: str,
    expected: Expected,
    rules: Path | None = None,
    workers: int = 1,
    feed: Callable[[], None] | None = None,
) -> WorkerRun:
    """As `run_worker`, with an empty Redis and topics of its own to write to; it leaves them so."""
    topics = with_inputs_of(inputs, topic_settings(own))
    make_topics(servers.bootstrap, topics, [])
    run = run_worker(servers, topics, expected, rules, workers, feed)
    drop_topics(servers.bootstrap, own)
    empty_redis(servers.redis_url)
    return run


def check_alerts(bootstrap: str, topic: str, expected: set[str]) -> None:
    """Compare the ids of the alerts that stand on the topic with those that are expected.

    Raises:
        BenchFailed: they differ, so that what was measured is not the detector doing its work.
    """
    found = standing_alerts(bootstrap, topic)
    if found != expected or not expected:
        raise BenchFailed(
            "the worker's standing alerts are not those of a backtest over the same events: "
            f"{len(expected)} expected, {len(expected - found)} missing, {len(found - expected)} too many"
        )
