"""The measurements in their order, each on topics and keys of its own, and the check that they are true."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from bench.archive import measure_archive
from bench.backtest import measure_backtest
from bench.engine import measure_engine
from bench.kafka import drop_topics, make_plain_topics, make_topics, preproduce, topic_settings
from bench.latency import measure_floor, measure_latency
from bench.matrix import measure_matrix
from bench.peer import PeerRun, measure_peer
from bench.peer_programs import Program
from bench.peer_runs import PeerRuns, too_short
from bench.plan import Plan
from bench.processes import running_worker
from bench.report import Results
from bench.restart import measure_restart
from bench.rule_sets import few_rules, rule_sets
from bench.servers import Servers, code_of, running_redis
from bench.state import measure_state
from bench.throughput import Throughput, Throughputs
from bench.traffic import encoded_traffic, expected_alerts, mean_bytes
from bench.wide import WideKey, measure_wide
from bench.worker_runs import check_alerts, expected_of, run_worker_anew
from detector.config import Settings
from detector.replay.backtest import Backtest
from detector.rules.rule_set import rules_in_force

_FRAUD = 0.05
_BACKLOG_HOURS = 2.0
_RUN_HOURS = 2.0
_PEER_EVENTS = "events"
_PEER_ALERTS = "alerts"
_DETECTOR = "detector"
_ECHO = "echo"
_LEAST_EVENTS_AT_RATE = 16_000
"""Fewer raise too few alerts for a 99th percentile."""
_EVENTS_PER_USER = 10
_EVENTS_BEFORE_RESTART = 3
_STATE_HOURS = 24.0
_PREFIX = "fd"
_ENGINE_END = 1_767_225_600_000
"""The engine knows no clock, so its events can be the same every time."""


def run_throughput(servers: Servers, plan: Plan, results: Results) -> None:
    """The worker over a backlog, run after run."""
    records = encoded_traffic(plan.events, plan.users, _FRAUD, _BACKLOG_HOURS, plan.without_password)
    results.mean_event_bytes = mean_bytes(records)
    prefix = f"{servers.prefix}.backlog"
    inputs = topic_settings(prefix)
    make_topics(servers.bootstrap, inputs, [])
    preproduce(servers.bootstrap, prefix, records)
    expected = expected_of(records, rules_in_force([], True))
    results.throughput = Throughputs()
    results.alerts_standing = len(expected.alerts)
    for run in range(plan.repeats):
        found = run_worker_anew(servers, inputs, f"{prefix}-{run}", expected)
        results.throughput.runs.append(found.throughput)


def run_matrix(servers: Servers, plan: Plan, results: Results) -> None:
    """One worker after the other, each with one thing unlike the base case."""
    results.matrix = measure_matrix(servers, plan)
    results.mean_event_bytes = results.matrix[0].event_bytes


def run_restart(servers: Servers, plan: Plan, results: Results) -> None:
    """A worker that is started again."""
    records = encoded_traffic(
        plan.restart_users * _EVENTS_BEFORE_RESTART,
        plan.restart_users,
        plan.fraud,
        _STATE_HOURS,
        plan.without_password,
    )
    rules = rules_in_force([], True)
    results.restart = measure_restart(servers, f"{servers.prefix}.restart", records, rules, plan.repeats)


def run_archive(servers: Servers, plan: Plan, results: Results) -> None:
    """The archive over a backlog of alerts."""
    records = encoded_traffic(plan.engine_events, plan.engine_events, _FRAUD, _BACKLOG_HOURS, 0.0)
    state = Settings().state
    backtest = Backtest(rules_in_force([], True), state.allowed_lateness, state.history_cap)
    alerts = list(backtest.run(record.value for record in records))
    results.archive = measure_archive(servers, alerts, plan.archived_alerts)


def run_wide(plan: Plan, results: Results) -> None:
    """One user and one merchant with more and more events."""
    rules = rules_in_force([plan.rules_dir], False)
    results.wide = [row for key in WideKey for row in measure_wide(rules, key, plan.wide_events)]


def run_peers(servers: Servers, plan: Plan, results: Results, peers: Sequence[Program]) -> None:
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
        expected = expected_of(records, rule_set.rules)
        alerts = expected.alerts
        detector = PeerRuns(_DETECTOR, version("streaming-fraud-detector"), len(alerts))
        others = [PeerRuns(peer.name, peer.version, len(alerts)) for peer in peers]
        results.peers = [detector, *others]
        for run in range(plan.repeats):
            own = f"{prefix}-{_DETECTOR}-{run}"
            found = run_worker_anew(servers, inputs, own, expected, rule_set.directory)
            detector.runs.append(_of_worker(found.throughput))
            for peer, runs in zip(peers, others, strict=True):
                own = f"{prefix}-{peer.name}-{run}"
                runs.runs.append(_peer_anew(servers, peer, topic, own, len(records), alerts))
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
    """Each rate by itself, the lowest first."""
    for rate in rates_of(plan, results.throughput):
        _run_at_rate(servers, plan, rate, results)


def rates_of(plan: Plan, found: Throughputs | None) -> list[int]:
    """Those that are asked for, and the share of the peak where there is one."""
    rates = set(plan.rates)
    if found is not None and plan.share_of_peak is not None:
        rates.add(round(plan.share_of_peak * found.events_per_second / 100) * 100)
    return sorted(rates)


def _run_at_rate(servers: Servers, plan: Plan, rate: int, results: Results) -> None:
    """The floor first, then the worker, both under the same load; a run beforehand warms up."""
    prefix = f"{servers.prefix}.live-{rate}"
    topics = topic_settings(prefix)
    size = max(_LEAST_EVENTS_AT_RATE, int(rate * plan.run_seconds))
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
    results.floor.append(measure_floor(servers.bootstrap, echo, runs, rate))
    with running_worker(servers.bootstrap, servers.redis_url, servers.code, topics) as worker:
        rules = rules_in_force([], True)
        latency, sent = measure_latency(worker, servers.bootstrap, topics, rules, runs, rate)
    results.latency.append(latency)
    check_alerts(servers.bootstrap, topics.alerts, expected_alerts(sent, rules, Settings()))


def run_engine(plan: Plan, results: Results) -> None:
    """The engine alone, with each set of rules."""
    users = max(1, plan.users * plan.engine_events // plan.events)
    records = encoded_traffic(
        plan.engine_events, users, plan.fraud, _BACKLOG_HOURS, plan.without_password, _ENGINE_END
    )
    results.mean_event_bytes = mean_bytes(records)
    with rule_sets(plan.rules_dir) as sets:
        results.engine = measure_engine(records, sets, plan.repeats)


def run_backtest(plan: Plan, results: Results) -> None:
    """`detector backtest` over a file."""
    with code_of(plan.compiled) as code:
        results.backtest = measure_backtest(plan.backtest_events, code)


def run_state(plan: Plan, results: Results) -> None:
    """What the events of a day cost in a Redis of their own."""
    records = encoded_traffic(
        plan.state_users * _EVENTS_PER_USER, plan.state_users, plan.fraud, _STATE_HOURS, plan.without_password
    )
    results.mean_event_bytes = mean_bytes(records)
    rules = rules_in_force([plan.rules_dir], False)
    with running_redis() as url:
        results.state = measure_state(records, rules, url, _PREFIX, plan.state_round)
