"""`python -m bench`: measure, print one table, write the figures as JSON."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bench.errors import BenchFailed
from bench.peer_programs import PeerName, Program, programs
from bench.plan import FULL, NEEDS_SERVERS, SHORT, Part, Plan, plan_of
from bench.plot import write_plot
from bench.report import Results, describe_machine, print_table, write_json
from bench.runs import (
    run_archive,
    run_backtest,
    run_engine,
    run_latency,
    run_matrix,
    run_peers,
    run_restart,
    run_state,
    run_throughput,
    run_wide,
)
from bench.servers import Servers, empty_redis, running_servers

_RESULTS = Path(__file__).parent / "results" / "latest.json"
_OWN = ("DETECTOR_TEST_KAFKA", "DETECTOR_TEST_REDIS")


def _planned(name: str) -> str:
    """What an option is by default, for its help: in the short plan and in the full one."""
    short, full = (_told(getattr(plan, name)) for plan in (SHORT, FULL))
    return short if short == full else f"{short}; with --full {full}"


def _told(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_told, value))
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def main(
    events: Annotated[
        int | None,
        typer.Option(
            min=20_000, help="Events of the throughput and peer runs.", show_default=_planned("events")
        ),
    ] = None,
    users: Annotated[
        int | None,
        typer.Option(min=1_000, help="Users that the events are of.", show_default=_planned("users")),
    ] = None,
    rate: Annotated[
        list[int] | None,
        typer.Option(
            min=100,
            help="Events a second of the latency runs; may be repeated.",
            show_default=_planned("rates"),
        ),
    ] = None,
    runs: Annotated[
        int | None,
        typer.Option(min=1, help="Latency runs that count, at each rate.", show_default=_planned("runs")),
    ] = None,
    run_seconds: Annotated[
        float | None,
        typer.Option(min=1, help="Length of a latency run.", show_default=_planned("run_seconds")),
    ] = None,
    without_password: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Share of ordinary debits made into no-password ones.",
            show_default=_planned("without_password"),
        ),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Runs of the throughput; of each case of the matrix, of each peer and of the engine with "
            "each set of rules, taken in turn; and restarts.",
            show_default=_planned("repeats"),
        ),
    ] = None,
    matrix_events: Annotated[
        int | None,
        typer.Option(
            min=20_000,
            help="Events of a run of the matrix.",
            show_default=_planned("matrix_events"),
        ),
    ] = None,
    restart_users: Annotated[
        int | None,
        typer.Option(
            min=1_000,
            help="Users whose histories a worker finds at a restart.",
            show_default=_planned("restart_users"),
        ),
    ] = None,
    engine_events: Annotated[
        int | None,
        typer.Option(
            min=20_000, help="Events of a run of the engine alone.", show_default=_planned("engine_events")
        ),
    ] = None,
    state_users: Annotated[
        int | None,
        typer.Option(
            min=1_000,
            help="Users, of ten events each, whose state is measured.",
            show_default=_planned("state_users"),
        ),
    ] = None,
    state_round: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Events in a round, where the state is measured.",
            show_default=_planned("state_round"),
        ),
    ] = None,
    fraud: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=1,
            help="Share of the events that belong to frauds, but for throughput, peers and latency.",
            show_default=_planned("fraud"),
        ),
    ] = None,
    rules_dir: Annotated[
        Path | None,
        typer.Option(
            help="Rule files to take for the catalogue.",
            exists=True,
            file_okay=False,
            show_default="the shipped ones",
        ),
    ] = None,
    wide_events: Annotated[
        int | None,
        typer.Option(
            min=1_000,
            help="The most events of one key, where wide keys are measured.",
            show_default=_planned("wide_events"),
        ),
    ] = None,
    backtest_events: Annotated[
        int | None,
        typer.Option(min=1_000, help="Events of the backtest.", show_default=_planned("backtest_events")),
    ] = None,
    peer: Annotated[
        list[PeerName] | None, typer.Option(help="Measure beside this peer only; may be repeated.")
    ] = None,
    compiled: Annotated[
        bool, typer.Option("--compiled", help="Build the worker's code first, with its core compiled.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Measure more of everything, and more often.")] = False,
    only: Annotated[list[Part] | None, typer.Option(help="Measure only this; may be repeated.")] = None,
    json_file: Annotated[
        Path,
        typer.Option("--json", help="Where the figures are written, and the plot beside.", metavar="FILE"),
    ] = _RESULTS,
) -> None:
    """Measure one worker on a real Kafka and a real Redis, beside its peers; exit 1 if it is no measure."""
    given = {
        "events": events,
        "users": users,
        "without_password": without_password,
        "rates": tuple(rate) if rate else None,
        "runs": runs,
        "run_seconds": run_seconds,
        "repeats": repeats,
        "matrix_events": matrix_events,
        "restart_users": restart_users,
        "engine_events": engine_events,
        "fraud": fraud,
        "state_users": state_users,
        "state_round": state_round,
        "rules_dir": rules_dir,
        "wide_events": wide_events,
        "backtest_events": backtest_events,
        "peers": tuple(peer) if peer else None,
        "compiled": compiled or None,
    }
    plan = plan_of(full, given)
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
        if Part.BACKTEST in parts:
            _say(f"a backtest of {plan.backtest_events:,} events")
            run_backtest(plan, results)
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
    plot = json_file.with_suffix(".svg")
    drawn = write_plot(results, plot)
    _say(f"written to {json_file}" + (f" and {plot}" if drawn else ""))


def _run_on_servers(plan: Plan, parts: Collection[Part], peers: Sequence[Program], results: Results) -> None:
    measured: dict[Part, tuple[str, Callable[[Servers, Plan, Results], None]]] = {
        Part.THROUGHPUT: (f"{plan.events:,} events from a backlog", run_throughput),
        Part.PEERS: (
            f"{plan.events:,} events from a backlog, with 2 rules and by {len(peers)} peers",
            partial(run_peers, peers=peers),
        ),
        Part.MATRIX: (
            f"{plan.matrix_events:,} events from a backlog, {plan.repeats} times in each case",
            run_matrix,
        ),
        Part.LATENCY: ("alert latency", run_latency),
        Part.RESTART: (f"restarts with the histories of {plan.restart_users:,} users", run_restart),
        Part.ARCHIVE: (f"{plan.archived_alerts:,} alerts into PostgreSQL", run_archive),
    }
    with running_servers(plan.compiled) as servers:
        for part, (told, run) in measured.items():
            if part in parts:
                _say(told)
                run(servers, plan, results)
                empty_redis(servers.redis_url)


def _forget_settings() -> None:
    """The worker and the backtest run with the defaults, whatever this shell sets."""
    for name in list(os.environ):
        if name.startswith("DETECTOR_") and name not in _OWN:
            del os.environ[name]


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    typer.run(main)
