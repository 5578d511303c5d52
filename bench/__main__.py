"""`python -m bench`: measure, print one table, write the figures as JSON."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bench.errors import BenchFailed
from bench.peer_programs import PeerName, Program, programs
from bench.report import Results, describe_machine, print_table, write_json
from bench.runs import (
    NEEDS_SERVERS,
    Part,
    Plan,
    run_engine,
    run_latency,
    run_peers,
    run_rules,
    run_state,
    run_throughput,
    run_wide,
)
from bench.servers import running_servers
from bench.traffic import WITHOUT_PASSWORD
from detector.rules.rule_set import CATALOGUE

_RESULTS = Path(__file__).parent / "results" / "latest.json"
_OWN = ("DETECTOR_TEST_KAFKA", "DETECTOR_TEST_REDIS")


def main(
    events: Annotated[int, typer.Option(min=20_000, help="Events of the throughput run.")] = 500_000,
    users: Annotated[int, typer.Option(min=1_000, help="Users that the events are of.")] = 50_000,
    rate: Annotated[int, typer.Option(min=100, help="Events a second of the latency runs.")] = 2_000,
    runs: Annotated[int, typer.Option(min=1, help="Latency runs that count.")] = 5,
    run_seconds: Annotated[float, typer.Option(min=1, help="Length of a latency run.")] = 10.0,
    without_password: Annotated[
        float, typer.Option(min=0, max=1, help="Share of ordinary debits made into no-password ones.")
    ] = WITHOUT_PASSWORD,
    repeats: Annotated[
        int, typer.Option(min=1, help="Runs with each set of rules and of each peer, taken in turn.")
    ] = 3,
    engine_events: Annotated[
        int, typer.Option(min=20_000, help="Events of a run of the engine alone.")
    ] = 100_000,
    state_users: Annotated[
        int, typer.Option(min=1_000, help="Users, of ten events each, whose state is measured.")
    ] = 100_000,
    state_round: Annotated[
        int, typer.Option(min=1, help="Events in a round, where the state is measured.")
    ] = 500,
    fraud: Annotated[
        float,
        typer.Option(
            min=0.001, max=1, help="Share of the events that belong to frauds, where rules are compared."
        ),
    ] = 0.01,
    rules_dir: Annotated[
        Path, typer.Option(help="Rule files to take for the catalogue.", exists=True, file_okay=False)
    ] = CATALOGUE,
    wide_events: Annotated[
        int, typer.Option(min=1_000, help="The most events of one key, where wide keys are measured.")
    ] = 1_000_000,
    peer: Annotated[
        list[PeerName] | None, typer.Option(help="Measure beside this peer only; may be repeated.")
    ] = None,
    compiled: Annotated[
        bool, typer.Option("--compiled", help="Build the worker's code first, with its core compiled.")
    ] = False,
    short: Annotated[bool, typer.Option("--short", help="A smaller measurement.")] = False,
    only: Annotated[list[Part] | None, typer.Option(help="Measure only this; may be repeated.")] = None,
    json_file: Annotated[
        Path, typer.Option("--json", help="Where the figures are written.", metavar="FILE")
    ] = _RESULTS,
) -> None:
    """Measure one worker on a real Kafka and a real Redis, beside its peers; exit 1 if it is no measure."""
    plan = Plan(
        events,
        users,
        without_password,
        rate,
        runs,
        run_seconds,
        repeats,
        engine_events,
        fraud,
        state_users,
        state_round,
        rules_dir,
        wide_events,
        tuple(peer or PeerName),
        compiled,
    )
    if short:
        plan = replace(
            plan,
            events=min(events, 200_000),
            runs=min(runs, 3),
            run_seconds=min(run_seconds, 8.0),
            repeats=min(repeats, 2),
            wide_events=min(wide_events, 30_000),
        )
    parts = only or list(Part)
    _forget_settings()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    results = Results(describe_machine(), dict(vars(plan)))
    try:
        # Before half an hour is spent on the rest.
        peers = programs(plan.peers) if Part.PEERS in parts else []
        if Part.ENGINE in parts:
            _say(f"{plan.engine_events:,} events through the engine alone")
            run_engine(plan, results)
        if Part.STATE in parts:
            _say(f"the state of {plan.state_users:,} users in Redis")
            run_state(plan, results)
        if Part.WIDE in parts:
            _say(f"one key with up to {plan.wide_events:,} events")
            run_wide(plan, results)
        if NEEDS_SERVERS.intersection(parts):
            _run_on_servers(plan, parts, peers, results)
    except BenchFailed as error:
        _say(f"failed: {error}")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        _say("interrupted")
        raise typer.Exit(130) from None
    print_table(results)
    write_json(results, json_file)
    _say(f"written to {json_file}")


def _run_on_servers(plan: Plan, parts: Collection[Part], peers: Sequence[Program], results: Results) -> None:
    with running_servers(plan.compiled) as servers:
        if Part.THROUGHPUT in parts:
            _say(f"{plan.events:,} events from a backlog")
            run_throughput(servers, plan, results)
        if Part.PEERS in parts:
            _say(f"{plan.events:,} events from a backlog, with 2 rules and by {len(peers)} peers")
            run_peers(servers, plan, peers, results)
        if Part.RULES in parts:
            _say(f"a backlog with 2 rules, the catalogue and a hundred, {plan.repeats} times each")
            run_rules(servers, plan, results)
        if Part.LATENCY in parts:
            _say(f"alert latency at {plan.rate:,} events/s")
            run_latency(servers, plan, results)


def _forget_settings() -> None:
    """The worker and the backtest run with the defaults, whatever this shell sets."""
    for name in list(os.environ):
        if name.startswith("DETECTOR_") and name not in _OWN:
            del os.environ[name]


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    typer.run(main)
