"""The measurements in their order, each on topics and keys of its own, and the check that they are true."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bench.engine import measure_engine
from bench.errors import BenchFailed
from bench.kafka import (
    drop_topics,
    make_topics,
    preproduce,
    standing_alerts,
    topic_settings,
    with_inputs_of,
)
from bench.latency import measure_floor, measure_latency
from bench.peer import measure_faust
from bench.processes import running_worker
from bench.report import Results
from bench.rule_runs import RuleRuns
from bench.rule_sets import rule_sets
from bench.servers import Servers, empty_redis, running_redis
from bench.state import measure_state
from bench.throughput import Throughput, measure_throughput
from bench.traffic import Record, encoded_traffic, expected_alerts, mean_bytes, rekeyed
from bench.wide import WideKey, measure_wide
from detector.config import Settings, TopicSettings
from detector.core.rule import Rule
from detector.rules.rule_set import rules_in_force

_PARTITIONS = 12
_FRAUD = 0.05
_BACKLOG_HOURS = 2.0
_RUN_HOURS = 2.0
_PEER_ALERTS = "peer-alerts"
_ECHO = "echo"
_EVENTS_OF_RULES = 200_000
_EVENTS_PER_USER = 10
_STATE_HOURS = 24.0
_PREFIX = "fd"
_ENGINE_END = 1_767_225_600_000
"""The engine knows no clock, so its events can be the same every time."""


class Part(StrEnum):
    """What can be measured by itself."""

    THROUGHPUT = "throughput"
    PEER = "peer"
    LATENCY = "latency"
    ENGINE = "engine"
    STATE = "state"
    RULES = "rules"
    WIDE = "wide"


NEEDS_SERVERS = frozenset({Part.THROUGHPUT, Part.PEER, Part.LATENCY, Part.RULES})


@dataclass(frozen=True)
class Plan:
    """How much to measure; seconds are of the clock."""

    events: int
    users: int
    without_password: float
    peer_events: int
    rate: int
    runs: int
    run_seconds: float
    repeats: int
    engine_events: int
    fraud: float
    state_users: int
    state_round: int
    rules_dir: Path
    wide_events: int


def run_throughput(servers: Servers, plan: Plan, parts: Collection[Part], results: Results) -> None:
    """The worker over a backlog, the peer over the first of the same events."""
    records = encoded_traffic(plan.events, plan.users, _FRAUD, _BACKLOG_HOURS, plan.without_password)
    results.mean_event_bytes = mean_bytes(records)
    if Part.THROUGHPUT in parts:
        _run_worker(servers, records, results)
    if Part.PEER in parts:
        _run_peer(servers, records[: plan.peer_events], results)


def _run_worker(servers: Servers, records: Sequence[Record], results: Results) -> None:
    prefix = f"{servers.prefix}.backlog"
    topics = topic_settings(prefix)
    make_topics(servers.bootstrap, topics, [], _PARTITIONS)
    preproduce(servers.bootstrap, prefix, records)
    rules = rules_in_force([], True)
    results.throughput, results.alerts_standing = _worked(servers, topics, records, rules, None)


def _worked(
    servers: Servers,
    topics: TopicSettings,
    records: Sequence[Record],
    rules: Sequence[Rule],
    directory: Path | None,
) -> tuple[Throughput, int]:
    """A worker with the rules of a directory, or the shipped ones, through a backlog; and its alerts."""
    with running_worker(servers.bootstrap, servers.redis_url, topics, directory) as worker:
        found = measure_throughput(worker, servers.redis_url, len(records), rekeyed(records, rules))
    return found, _check(servers, topics.alerts, records, rules)


def run_rules(servers: Servers, plan: Plan, results: Results) -> None:
    """One worker after the other through the same backlog, with two rules, the catalogue and a hundred.

    Each finds the same records, an empty Redis, and topics of its own to write to.
    """
    events = min(plan.events, _EVENTS_OF_RULES)
    users = max(1, plan.users * events // plan.events)
    records = encoded_traffic(events, users, plan.fraud, _BACKLOG_HOURS, plan.without_password)
    results.mean_event_bytes = mean_bytes(records)
    prefix = f"{servers.prefix}.rules"
    inputs = topic_settings(prefix)
    make_topics(servers.bootstrap, inputs, [], _PARTITIONS)
    preproduce(servers.bootstrap, prefix, records)
    with rule_sets(plan.rules_dir) as sets:
        results.rules = [RuleRuns(len(rule_set.rules)) for rule_set in sets]
        for run in range(plan.repeats):
            for rule_set, runs in zip(sets, results.rules, strict=True):
                own = f"{prefix}-{rule_set.name}-{run}"
                topics = with_inputs_of(inputs, topic_settings(own))
                make_topics(servers.bootstrap, topics, [], _PARTITIONS)
                found, runs.alerts_standing = _worked(
                    servers, topics, records, rule_set.rules, rule_set.directory
                )
                runs.rates.append(found.events_per_second)
                runs.cpu_rates.append(found.events_per_cpu_second)
                drop_topics(servers.bootstrap, own)
                empty_redis(servers.redis_url)


def run_wide(plan: Plan, results: Results) -> None:
    """One user and one merchant with more and more events."""
    rules = rules_in_force([plan.rules_dir], False)
    results.wide = [row for key in WideKey for row in measure_wide(rules, key, plan.wide_events)]


def _run_peer(servers: Servers, records: Sequence[Record], results: Results) -> None:
    prefix = f"{servers.prefix}.peer"
    make_topics(servers.bootstrap, topic_settings(prefix), [f"{prefix}.{_PEER_ALERTS}"], _PARTITIONS)
    preproduce(servers.bootstrap, prefix, records)
    results.faust = measure_faust(servers.bootstrap, prefix, _PARTITIONS, len(records))


def run_latency(servers: Servers, plan: Plan, results: Results) -> None:
    """The floor first, then the worker, both under the same load; a run beforehand warms up."""
    prefix = f"{servers.prefix}.live"
    topics = topic_settings(prefix)
    size = int(plan.rate * plan.run_seconds)
    records = encoded_traffic(
        size * (plan.runs + 1),
        plan.users,
        _FRAUD,
        _RUN_HOURS * (plan.runs + 1),
        plan.without_password,
    )
    runs = [records[at : at + size] for at in range(0, len(records), size)]
    results.mean_event_bytes = mean_bytes(records)
    echo = f"{prefix}.{_ECHO}"
    make_topics(servers.bootstrap, topics, [echo], _PARTITIONS)
    results.floor = measure_floor(servers.bootstrap, echo, runs, plan.rate)
    with running_worker(servers.bootstrap, servers.redis_url, topics) as worker:
        rules = rules_in_force([], True)
        results.latency, sent = measure_latency(worker, servers.bootstrap, topics, rules, runs, plan.rate)
    _check(servers, topics.alerts, sent, rules)


def run_engine(plan: Plan, results: Results) -> None:
    """The engine alone, with each set of rules."""
    users = max(1, plan.users * plan.engine_events // plan.events)
    records = encoded_traffic(
        plan.engine_events, users, plan.fraud, _BACKLOG_HOURS, plan.without_password, _ENGINE_END
    )
    results.mean_event_bytes = mean_bytes(records)
    with rule_sets(plan.rules_dir) as sets:
        results.engine = measure_engine(records, sets, plan.repeats)


def run_state(plan: Plan, results: Results) -> None:
    """What the events of a day cost in a Redis of their own."""
    records = encoded_traffic(
        plan.state_users * _EVENTS_PER_USER, plan.state_users, plan.fraud, _STATE_HOURS, plan.without_password
    )
    results.mean_event_bytes = mean_bytes(records)
    rules = rules_in_force([plan.rules_dir], False)
    with running_redis() as url:
        results.state = measure_state(records, rules, url, _PREFIX, plan.state_round)


def _check(servers: Servers, topic: str, records: Sequence[Record], rules: Sequence[Rule]) -> int:
    """Compare the standing alerts on the topic with a backtest's; gives how many there are.

    Raises:
        BenchFailed: they differ, so that what was measured is not the detector doing its work.
    """
    found = standing_alerts(servers.bootstrap, topic)
    expected = expected_alerts(records, rules, Settings())
    if found != expected or not expected:
        raise BenchFailed(
            "the worker's standing alerts are not those of a backtest over the same events: "
            f"{len(expected)} expected, {len(expected - found)} missing, {len(found - expected)} too many"
        )
    return len(found)
