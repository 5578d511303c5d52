"""The figures, as a table for people and as JSON."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.archive import ArchiveRate
from bench.backtest import BacktestRun
from bench.case_runs import CaseRuns, label_of, series_of
from bench.cases import Factor
from bench.engine import EngineRuns
from bench.latency import Latency
from bench.peer_runs import PeerRuns
from bench.restart import Restart
from bench.state import StateCost
from bench.throughput import Throughput, Throughputs
from bench.wide import WideCost

_RATES = ("events_per_second", "events_per_cpu_second")
_PEER_RATES = ("rate", "cpu_rate", "whole_cpu_rate")
_LATENCY_FIGURES = ("p50", "p99")
_CASE_FIGURES = ("rate", "cpu_rate", "peak_bytes", "redis_bytes_per_event")
_BACKTEST_FIGURES = ("rate", "cpu_rate")
_RESTART_FIGURES = ("from_start", "from_ready", "peak_bytes")


@dataclass
class Results:
    """All that was measured; what was left out is None."""

    machine: dict[str, Any]
    options: dict[str, Any]
    mean_event_bytes: float = 0.0
    throughput: Throughputs | None = None
    alerts_standing: int | None = None
    peers: list[PeerRuns] | None = None
    matrix: list[CaseRuns] = field(default_factory=list)
    latency: list[Latency] = field(default_factory=list)
    floor: list[Latency] = field(default_factory=list)
    restart: Restart | None = None
    archive: ArchiveRate | None = None
    engine: list[EngineRuns] | None = None
    state: StateCost | None = None
    wide: list[WideCost] | None = None
    backtest: BacktestRun | None = None
    notes: list[str] = field(default_factory=list)


def describe_machine() -> dict[str, Any]:
    """Where the figures come from."""
    return {
        "cpus": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "faust": version("faust-streaming"),
        "aiokafka": version("aiokafka"),
    }


def write_json(results: Results, path: Path) -> None:
    """Write everything, each run included."""
    found = dataclasses.asdict(results)
    if results.throughput is not None:
        _add(_RATES, [results.throughput], [found["throughput"]])
    _add(_LATENCY_FIGURES, results.latency, found["latency"])
    _add(_LATENCY_FIGURES, results.floor, found["floor"])
    _add(_CASE_FIGURES, results.matrix, found["matrix"])
    _add(_PEER_RATES, results.peers or (), found["peers"] or ())
    _add(("median",), results.engine or (), found["engine"] or ())
    if results.backtest is not None:
        _add(_BACKTEST_FIGURES, [results.backtest], [found["backtest"]])
    if results.restart is not None:
        _add(_RESTART_FIGURES, [results.restart], [found["restart"]])
    if results.state is not None:
        _add(("per_stored_event",), [results.state], [found["state"]])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2, default=str) + "\n", encoding="utf-8")


def _add(names: Sequence[str], measured: Sequence[object], written: Sequence[dict[str, Any]]) -> None:
    """Write what follows from the runs beside them."""
    for one, fields in zip(measured, written, strict=True):
        fields |= {name: getattr(one, name) for name in names}


def print_table(results: Results) -> None:
    """Print the table on standard output."""
    table = Table(box=box.ASCII2)
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("unit")
    for row in _rows(results):
        table.add_row(*row)
    machine = results.machine
    Console(width=110).print(table)
    where = f"{machine['cpus']} CPUs, Python {machine['python']}, load before {machine['load_before'][0]:.1f}"
    size = f"; events of {results.mean_event_bytes:.0f} bytes on average" if results.mean_event_bytes else ""
    core = "; the worker's core compiled" if results.options.get("compiled") else ""
    print(where + size + core)
    for note in results.notes:
        print(note)


def _rows(results: Results) -> list[tuple[str, str, str]]:
    return [
        *_throughput_rows(results),
        *_peer_rows(results.peers or []),
        *_matrix_rows(results.matrix),
        *(row for found in results.latency for row in _latency_rows("alert latency", found)),
        *(row for found in results.floor for row in _latency_rows("one hop, no worker:", found)),
        *_restart_rows(results.restart),
        *_archive_rows(results.archive),
        *_engine_rows(results.engine or []),
        *_state_rows(results.state),
        *_wide_rows(results.wide or []),
        *_backtest_rows(results.backtest),
    ]


def _throughput_rows(results: Results) -> list[tuple[str, str, str]]:
    found = results.throughput
    if found is None:
        return []
    last = found.runs[-1]
    return [
        ("one worker, all shipped rules", f"{found.events_per_second:,.0f}", _spread(found.rates)),
        ("  per second of the worker's CPU", f"{found.events_per_cpu_second:,.0f}", "events"),
        ("  CPU of worker / Redis / Kafka, last run", _cpu(last), f"s for {last.events:,} events"),
        ("  standing alerts, as in a backtest", f"{results.alerts_standing:,}", "alerts"),
    ]


def _spread(rates: Sequence[float]) -> str:
    return f"events/s ({min(rates):,.0f} to {max(rates):,.0f} in {len(rates)} runs)"


def _cpu(run: Throughput) -> str:
    kafka = "-" if run.kafka_cpu_seconds is None else f"{run.kafka_cpu_seconds:.1f}"
    return f"{run.worker_cpu_seconds:.1f} / {run.redis_cpu_seconds:.1f} / {kafka}"


def _peer_rows(found: list[PeerRuns]) -> list[tuple[str, str, str]]:
    rows = []
    for peer in found:
        rates, last = peer.rates, peer.runs[-1]
        spread = _spread(rates)
        kafka = "-" if last.kafka_cpu_seconds is None else f"{last.kafka_cpu_seconds:.1f}"
        used = f"{last.cpu_seconds:.1f} / {last.redis_cpu_seconds:.1f} / {kafka}"
        rows += [
            (f"{peer.name} {peer.version}, two rules", f"{peer.rate:,.0f}", spread),
            ("  per second of its CPU", f"{peer.cpu_rate:,.0f}", "events"),
            ("  CPU of it / Redis / Kafka, last run", used, f"s for {last.events:,} events"),
            ("  alerts, as in a backtest", f"{peer.alerts:,}", "alerts"),
        ]
    for peer in found[1:]:
        times, own, whole = (getattr(found[0], name) / getattr(peer, name) for name in _PEER_RATES)
        rows.append((f"{found[0].name} : {peer.name}", f"{times:.2f}", "times the rate"))
        rows.append(("  per second of CPU", f"{own:.2f}", f"times, {whole:.2f} with the CPU of its Redis"))
    return rows


_CASE_NAMES = {
    Factor.USERS: "{} users",
    Factor.RULES: "{} rules",
    Factor.SIZE: "events of {} bytes",
    Factor.SKEW: "keys: {}",
    Factor.WORKERS: "workers: {}",
}


def _matrix_rows(found: Sequence[CaseRuns]) -> list[tuple[str, str, str]]:
    """The base case, and then the others."""
    if not found:
        return []
    base = found[0]
    rows = _case_rows(f"base case: {base.case.users:,} users, {base.rules} rules", base, base)
    for factor in Factor:
        for runs in series_of(factor, found):
            if runs is not base:
                rows += _case_rows(_CASE_NAMES[factor].format(label_of(factor, runs)), runs, base)
    return rows


def _case_rows(name: str, runs: CaseRuns, base: CaseRuns) -> list[tuple[str, str, str]]:
    spread = _spread(runs.rates)
    times = f"events, {runs.cpu_rate / base.cpu_rate:.2f} times the base case"
    last = runs.runs[-1].throughput
    used = _cpu(last)
    memory = f"{runs.peak_bytes / 1e6:,.0f} / {runs.redis_bytes_per_event * runs.events / 1e6:,.0f}"
    return [
        (name, f"{runs.rate:,.0f}", spread),
        ("  per second of the workers' CPU", f"{runs.cpu_rate:,.0f}", times),
        ("  CPU of them / Redis / Kafka, last run", used, f"s for {last.events:,} events"),
        ("  memory of them / Redis", memory, f"MB, {runs.redis_bytes_per_event:.0f} bytes of Redis an event"),
        ("  standing alerts, as in a backtest", f"{runs.alerts_standing:,}", "alerts"),
    ]


def _restart_rows(found: Restart | None) -> list[tuple[str, str, str]]:
    if found is None:
        return []
    starts = " ".join(f"{run.from_start:.2f}" for run in found.runs)
    readies = " ".join(f"{run.from_ready:.2f}" for run in found.runs)
    return [
        (
            f"restart with {found.users:,} users, to the first alert",
            f"{found.from_start:.2f}",
            f"s ({starts})",
        ),
        ("  from the assignment of its partitions", f"{found.from_ready:.2f}", f"s ({readies})"),
        (
            "  the worker's memory by then",
            f"{found.peak_bytes / 1e6:,.0f}",
            f"MB, {found.keys:,} keys in Redis",
        ),
    ]


def _archive_rows(found: ArchiveRate | None) -> list[tuple[str, str, str]]:
    if found is None:
        return []
    size = f"alerts/s, of {found.mean_bytes:,.0f} bytes on average"
    return [
        ("the archive, from a backlog", f"{found.per_second:,.0f}", size),
        ("  per second of its CPU", f"{found.per_cpu_second:,.0f}", "alerts"),
        ("  from its start to the last one", f"{found.seconds:.1f}", f"s for {found.alerts:,} alerts"),
    ]


def _latency_rows(name: str, found: Latency) -> list[tuple[str, str, str]]:
    p50s = " ".join(f"{run.p50:,.1f}" for run in found.runs)
    p99s = " ".join(f"{run.p99:,.1f}" for run in found.runs)
    samples = " ".join(f"{run.samples:,}" for run in found.runs)
    return [
        (f"{name} p50, {found.rate:,} events/s", f"{found.p50:,.1f}", f"ms ({p50s})"),
        (f"{name} p99, {found.rate:,} events/s", f"{found.p99:,.1f}", f"ms ({p99s})"),
        ("  timed in each run", "", samples),
    ]


def _engine_rows(found: list[EngineRuns]) -> list[tuple[str, str, str]]:
    rows = []
    for runs in found:
        spread = f"events ({min(runs.rates):,.0f} to {max(runs.rates):,.0f} in {len(runs.rates)} runs)"
        rows.append((f"engine alone, {runs.rules} rules, per CPU second", f"{runs.median:,.0f}", spread))
        rows.append(("  per event", f"{1e6 / runs.median:.1f}", "us of CPU"))
        rows.append(("  standing alerts, as in a backtest", f"{runs.alerts_standing:,}", "alerts"))
    if found:
        first, *others = found
        rows += [
            (
                f"  {runs.rules} rules : {first.rules} rules",
                f"{runs.median / first.median:.2f}",
                "times the rate",
            )
            for runs in others
        ]
    return rows


def _wide_rows(found: list[WideCost]) -> list[tuple[str, str, str]]:
    return [
        (
            f"one {row.key}, {row.events:,} events",
            f"{row.decide_us + row.write_us:,.0f}",
            f"us of CPU an event, {row.write_us:,.0f} to write; {row.bytes / 1000:,.0f} kB stored",
        )
        for row in found
    ]


def _backtest_rows(found: BacktestRun | None) -> list[tuple[str, str, str]]:
    if found is None:
        return []
    return [
        (f"backtest of {found.events:,} events", f"{found.rate:,.0f}", "events/s, all shipped rules"),
        ("  per second of its CPU", f"{found.cpu_rate:,.0f}", "events"),
        ("  from its start to its end", f"{found.seconds:.1f}", f"s for {found.bytes_read / 1e6:,.0f} MB"),
        ("  memory of all its processes, at most", f"{found.peak_bytes / 1e6:,.0f}", "MB"),
        ("  alerts, raised and withdrawn", f"{found.alerts:,}", "alerts"),
    ]


def _state_rows(found: StateCost | None) -> list[tuple[str, str, str]]:
    if found is None:
        return []
    rows = [("a stored event", f"{found.per_stored_event:.1f}", f"bytes of {found.server}")]
    for cost in found.scopes:
        each = f"{cost.events / cost.keys:.1f} events each"
        rows += [
            (f"stored by {cost.scope}, {cost.keys:,} keys, {each}", f"{cost.total:.1f}", "bytes"),
            ("  its own bytes", f"{cost.payload:.1f}", "bytes"),
            ("  its share of the key's name", f"{cost.names:.1f}", "bytes"),
            ("  of Redis' tables, time to live among them", f"{cost.tables:.1f}", "bytes"),
            ("  of what is allocated but not used", f"{cost.rest:.1f}", "bytes"),
            ("  to make the write of it", f"{cost.write_us:.1f}", "us of CPU"),
            (f"  to store it, {found.events_per_round} a round", f"{cost.redis_us:.1f}", "us of Redis' CPU"),
        ]
    return rows
