"""`detector generate`: simulated traffic."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from detector.cli.console import fail
from detector.cli.opened import opened

if TYPE_CHECKING:
    from detector.simulate import Label, Simulated


def generate(  # noqa: PLR0913, PLR0917 - its options
    users: Annotated[int, typer.Option(help="How many users.", min=1)] = 1_000,
    events: Annotated[int, typer.Option(help="How many events.", min=1)] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    fraud: Annotated[
        float | None,
        typer.Option(
            help="The share of users with a fraud; 0.01, or 0.001 with --scenarios.",
            min=0,
            max=1,
            show_default=False,
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            help="Print so many events a second, each at its event time, from now on; else all at once, with "
            "times of 2026.",
            metavar="R",
        ),
    ] = None,
    scenarios: Annotated[
        str | None,
        typer.Option(
            help="The scenario set in the order of arrival: 35 days, kinds of fraud in variants, look-alikes "
            "('all', 'lost-phone', 'lost-phone:late,all:plain'); else two frauds in quiet traffic.",
            metavar="all|KIND[:VARIANT],...",
        ),
    ] = None,
    look_alikes: Annotated[
        float | None,
        typer.Option(
            help="With --scenarios: how many look like a fraud and are none; 1 is as docs/scenarios.md says, "
            "0 none.",
            metavar="X",
            min=0,
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Write which events belong to which fraud.", metavar="FILE")
    ] = None,
    look_alike_labels: Annotated[
        Path | None,
        typer.Option(help="With --scenarios: write which events are of which look-alike.", metavar="FILE"),
    ] = None,
) -> None:
    """Print simulated traffic as NDJSON."""
    if scenarios is not None and rate is not None:
        raise typer.BadParameter("the scenario set spans 35 days: leave out --rate, or --scenarios")
    if scenarios is None and (look_alikes is not None or look_alike_labels is not None):
        raise typer.BadParameter("--look-alikes and --look-alike-labels go with --scenarios")
    try:
        if scenarios is None:
            simulation = _plain(users, events, seed, fraud, rate)
        else:
            simulation = _scenario_set(users, events, seed, fraud, scenarios, look_alikes)
    except ValueError as error:
        fail(str(error))
    simulation = simulation if rate is None else _as_it_happens(simulation)
    with ExitStack() as stack:
        labels_out = None if labels is None else opened(stack, labels)
        if look_alike_labels is not None:
            simulation = _with_look_alikes_told(simulation, opened(stack, look_alike_labels))
        found = _print(simulation)
        if labels_out is not None:
            _write(labels_out, found)


def _plain(
    users: int, events: int, seed: int, fraud: float | None, rate: float | None
) -> Iterator[Simulated]:
    from detector.simulate import Traffic, simulate

    share = 0.01 if fraud is None else fraud
    if rate is None:
        return simulate(Traffic(users, events, seed, share))
    return simulate(Traffic(users, events, seed, share, start=int(time.time() * 1000), rate=rate))


def _scenario_set(
    users: int, events: int, seed: int, fraud: float | None, named: str, look_alikes: float | None
) -> Iterator[Simulated]:
    from detector.simulate import ScenarioSet, scenarios, strikes_named

    share = 0.001 if fraud is None else fraud
    alike = 1.0 if look_alikes is None else look_alikes
    return scenarios(ScenarioSet(users, events, seed, share, strikes_named(named), alike))


def _print(simulation: Iterable[Simulated]) -> dict[str, Label]:
    """Prints the events; the labels of those that have one, by event."""
    from detector.simulate import encode

    # An event that is sent again has one label.
    found = {}
    out = sys.stdout.buffer
    for simulated in simulation:
        out.write(encode(simulated.event) + b"\n")
        if simulated.label is not None:
            found[simulated.label.event_id] = simulated.label
    out.flush()
    return found


def _write(file: IO[bytes], found: dict[str, Label]) -> None:
    from detector.simulate import write_labels

    file.writelines(line + b"\n" for line in write_labels(found.values()))


def _with_look_alikes_told(simulation: Iterator[Simulated], file: IO[bytes]) -> Iterator[Simulated]:
    """The same, while a file is written that says which events are of a look-alike; they are many."""
    from detector.simulate import look_alike_label

    for simulated in simulation:
        if simulated.look_alike:
            file.write(look_alike_label(simulated) + b"\n")
        yield simulated


def _as_it_happens(simulation: Iterator[Simulated]) -> Iterator[Simulated]:
    """Each event when its time has come; what was printed before it leaves first."""
    for simulated in simulation:
        ahead = int(simulated.event["event_time"]) / 1000 - time.time()
        if ahead > 0:
            sys.stdout.buffer.flush()
            time.sleep(ahead)
        yield simulated
