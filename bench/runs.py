"""The measurements in their order, each on topics and keys of its own, and the check that they are true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from bench.engine import measure_engine
from bench.errors import BenchFailed
from bench.kafka import (
    drop_topics,
    make_plain_topics,
    make_topics,
    preproduce,
    standing_alerts,
    topic_settings,
    with_inputs_of,
)
from bench.latency import measure_floor, measure_latency
from bench.peer import PeerRun, measure_peer
from bench.peer_programs import PeerName, Program
from bench.peer_runs import PeerRuns, too_short
from bench.processes import running_worker
from bench.report import Results
from bench.rule_runs import RuleRuns
from bench.rule_sets import RuleSet, few_rules, rule_sets
from bench.servers import Servers, empty_redis, running_redis
from bench.state import measure_state
from bench.throughput import Throughput, measure_throughput
from bench.traffic import Record, encoded_traffic, expected_alerts, mean_bytes, rekeyed
from bench.wide import WideKey, measure_wide
from detector.config import Settings, TopicSettings
from detector.core.rule import Rule
from detector.rules.rule_set import rules_in_force

_FRAUD = 0.05
_BACKLOG_HOURS = 2.0
_RUN_HOURS = 2.0
_PEER_EVENTS = "events"
_PEER_ALERTS = "alerts"
_DETECTOR = "detector"
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
    PEERS = "peers"
    LATENCY = "latency"
    ENGINE = "engine"
    STATE = "state"
    RULES = "rules"
    WIDE = "wide"


NEEDS_SERVERS = frozenset({Part.THROUGHPUT, Part.PEERS, Part.LATENCY, Part.RULES})


@dataclass(frozen=True)
class Plan:
    """How much to measure; seconds are of the clock."""

    events: int
    users: int
    without_password: float
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
    peers: tuple[PeerName, ...]
    compiled: bool


def run_throughput(servers: Servers, plan: Plan, results: Results) -> None:
    """The worker over a backlog."""
    records = encoded_traffic(plan.events, plan.users, _FRAUD, _BACKLOG_HOURS, plan.without_password)
    results.mean_event_bytes = mean_bytes(records)
    prefix = f"{servers.prefix}.backlog"
    topics = topic_settings(prefix)
    make_topics(servers.bootstrap, topics, [])
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
    with running_worker(servers.bootstrap, servers.redis_url, servers.code, topics, directory) as worker:
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
    make_topics(servers.bootstrap, inputs, [])
    preproduce(servers.bootstrap, prefix, records)
    with rule_sets(plan.rules_dir) as sets:
        results.rules = [RuleRuns(len(rule_set.rules)) for rule_set in sets]
        for run in range(plan.repeats):
            for rule_set, runs in zip(sets, results.rules, strict=True):
                own = f"{prefix}-{rule_set.name}-{run}"
                found, runs.alerts_standing = _worked_anew(servers, inputs, own, records, rule_set)
                runs.rates.append(found.events_per_second)
                runs.cpu_rates.append(found.events_per_cpu_second)


def _worked_anew(
    servers: Servers, inputs: TopicSettings, own: str, records: Sequence[Record], rule_set: RuleSet
) -> tuple[Throughput, int]:
    """A worker that finds an empty Redis and topics of its own to write to; it leaves them so."""
    topics = with_inputs_of(inputs, topic_settings(own))
    make_topics(servers.bootstrap, topics, [])
    found = _worked(servers, topics, records, rule_set.rules, rule_set.directory)
    drop_topics(servers.bootstrap, own)
    empty_redis(servers.redis_url)
    return found


def run_wide(plan: Plan, results: Results) -> None:
    """One user and one merchant with more and more events."""
    rules = rules_in_force([plan.rules_dir], False)
    results.wide = [row for key in WideKey for row in measure_wide(rules, key, plan.wide_events)]


def run_peers(servers: Servers, plan: Plan, peers: Sequence[Program], results: Results) -> None:
    """The detector with two rules and the peers, in turn, over the same events.

    The detector has them on its three topics, the peers on one.
    """
    records = encoded_traffic(plan.events, plan.users, _FRAUD, _BACKLOG_HOURS, plan.without_password)
    results.mean_event_bytes = mean_bytes(records)
    prefix = f"{servers.prefix}.peers"
    inputs, topic = topic_settings(prefix), f"{prefix}.{_PEER_EVENTS}"
    make_topics(servers.bootstrap, inputs, [topic])
    preproduce(servers.bootstrap, prefix, records)
    preproduce(servers.bootstrap, prefix, (record._replace(topic=_PEER_EVENTS) for record in records))
    with few_rules() as rule_set:
        expected = expected_alerts(records, rule_set.rules, Settings())
        detector = PeerRuns(_DETECTOR, version("streaming-fraud-detector"), len(expected))
        others = [PeerRuns(peer.name, peer.version, len(expected)) for peer in peers]
        results.peers = [detector, *others]
        for run in range(plan.repeats):
            found, _ = _worked_anew(servers, inputs, f"{prefix}-{_DETECTOR}-{run}", records, rule_set)
            detector.runs.append(_of_worker(found))
            for peer, runs in zip(peers, others, strict=True):
                own = f"{prefix}-{peer.name}-{run}"
                runs.runs.append(_peer_anew(servers, peer, topic, own, len(records), expected))
        notes = (too_short(peer, runs) for peer, runs in zip(peers, others, strict=True))
        results.notes += [note for note in notes if note is not None]


def _peer_anew(
    servers: Servers, peer: Program, topic: str, own: str, events: int, expected: set[str]
) -> PeerRun:
    """A peer with topics of its own to write to; it leaves none."""
    alerts = f"{own}.{_PEER_ALERTS}"
    make_plain_topics(servers.bootstrap, [alerts])
    found = measure_peer(peer, servers.bootstrap, topic, alerts, events, expected)
    drop_topics(servers.bootstrap, own)
    return found


def _of_worker(found: Throughput) -> PeerRun:
    return PeerRun(
        events=found.events,
        seconds=found.seconds,
        cpu_seconds=found.worker_cpu_seconds,
        redis_cpu_seconds=found.redis_cpu_seconds,
        kafka_cpu_seconds=found.kafka_cpu_seconds,
    )


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
    make_topics(servers.bootstrap, topics, [echo])
    results.floor = measure_floor(servers.bootstrap, echo, runs, plan.rate)
    with running_worker(servers.bootstrap, servers.redis_url, servers.code, topics) as worker:
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
