"""The figures, as a table for people and as JSON."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.engine import EngineRuns
from bench.latency import Latency
from bench.peer_runs import PeerRuns
from bench.rule_runs import RuleRuns
from bench.state import StateCost
from bench.throughput import Throughput
from bench.wide import WideCost

_PEER_RATES = ("rate", "cpu_rate", "whole_cpu_rate")


@dataclass
class Results:
    """All that was measured; what was left out is None."""

    machine: dict[str, Any]
    options: dict[str, Any]
    mean_event_bytes: float = 0.0
    throughput: Throughput | None = None
    alerts_standing: int | None = None
    peers: list[PeerRuns] | None = None
    latency: Latency | None = None
    floor: Latency | None = None
    engine: list[EngineRuns] | None = None
    state: StateCost | None = None
    rules: list[RuleRuns] | None = None
    wide: list[WideCost] | None = None
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
    for name in ("latency", "floor"):
        measured: Latency | None = getattr(results, name)
        if measured is not None:
            found[name] |= {"p50": measured.p50, "p99": measured.p99}
    if results.state is not None:
        found["state"]["per_stored_event"] = results.state.per_stored_event
    for runs, written in zip(results.engine or (), found["engine"] or (), strict=True):
        written |= {"median": runs.median}
    for peer, written in zip(results.peers or (), found["peers"] or (), strict=True):
        written |= {name: getattr(peer, name) for name in _PEER_RATES}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2, default=str) + "\n", encoding="utf-8")


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
        *_latency_rows("alert latency", results.latency),
        *_latency_rows("one hop, no worker:", results.floor),
        *_engine_rows(results.engine or []),
        *_state_rows(results.state),
        *_rules_rows(results.rules or []),
        *_wide_rows(results.wide or []),
    ]


def _throughput_rows(results: Results) -> list[tuple[str, str, str]]:
    found = results.throughput
    if found is None:
        return []
    kafka = "-" if found.kafka_cpu_seconds is None else f"{found.kafka_cpu_seconds:.1f}"
    return [
        ("one worker, all shipped rules", f"{found.events_per_second:,.0f}", "events/s"),
        ("  per second of the worker's CPU", f"{found.events_per_cpu_second:,.0f}", "events"),
        ("  events, in", f"{found.events:,} / {found.seconds:.1f}", "s"),
        (
            "  CPU of worker / Redis / Kafka",
            f"{found.worker_cpu_seconds:.1f} / {found.redis_cpu_seconds:.1f} / {kafka}",
            "s",
        ),
        ("  standing alerts, as in a backtest", f"{results.alerts_standing:,}", "alerts"),
    ]


def _peer_rows(found: list[PeerRuns]) -> list[tuple[str, str, str]]:
    rows = []
    for peer in found:
        rates, last = [run.rate for run in peer.runs], peer.runs[-1]
        spread = f"events/s ({min(rates):,.0f} to {max(rates):,.0f} in {len(rates)} runs)"
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


def _latency_rows(name: str, found: Latency | None) -> list[tuple[str, str, str]]:
    if found is None:
        return []
    p50s = " ".join(f"{run.p50:.1f}" for run in found.runs)
    p99s = " ".join(f"{run.p99:.1f}" for run in found.runs)
    samples = " ".join(f"{run.samples:,}" for run in found.runs)
    return [
        (f"{name} p50, {found.rate:,} events/s", f"{found.p50:.1f}", f"ms ({p50s})"),
        (f"{name} p99", f"{found.p99:.1f}", f"ms ({p99s})"),
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


def _rules_rows(found: list[RuleRuns]) -> list[tuple[str, str, str]]:
    rows = []
    for runs in found:
        spread = f"events/s ({min(runs.rates):,.0f} to {max(runs.rates):,.0f} in {len(runs.rates)} runs)"
        rows.append((f"one worker, {runs.rules} rules", f"{runs.median:,.0f}", spread))
        rows.append(("  per second of the worker's CPU", f"{runs.cpu_median:,.0f}", "events"))
        rows.append(("  standing alerts, as in a backtest", f"{runs.alerts_standing:,}", "alerts"))
    for runs in found[1:]:
        times, of_cpu = runs.median / found[0].median, runs.cpu_median / found[0].cpu_median
        name = f"  {runs.rules} rules : {found[0].rules} rules"
        rows.append((name, f"{times:.2f}", f"times the rate ({of_cpu:.2f} per second of CPU)"))
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
