"""`detector generate`: simulated traffic."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.console import fail

if TYPE_CHECKING:
    from detector.simulate import Simulated


def generate(
    users: Annotated[int, typer.Option(help="How many users.", min=1)] = 1_000,
    events: Annotated[int, typer.Option(help="How many events.", min=1)] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    fraud: Annotated[float, typer.Option(help="The share of users with a fraud.", min=0, max=1)] = 0.01,
    rate: Annotated[
        float | None,
        typer.Option(
            help="Print so many events a second, each at its event time, from now on; else all at once, with "
            "times of 2026.",
            metavar="R",
        ),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Write which events belong to which fraud.", metavar="FILE")
    ] = None,
) -> None:
    """Print simulated traffic as NDJSON, in the order of event time."""
    from detector.simulate import Traffic, encode, simulate, write_labels

    try:
        traffic = Traffic(users=users, events=events, seed=seed, fraud=fraud)
        if rate is not None:
            traffic = replace(traffic, rate=rate, start=int(time.time() * 1000))
    except ValueError as error:
        fail(str(error))
    found = []
    out = sys.stdout.buffer
    simulation = simulate(traffic)
    for simulated in simulation if rate is None else _as_it_happens(simulation):
        out.write(encode(simulated.event) + b"\n")
        if simulated.label is not None:
            found.append(simulated.label)
    out.flush()
    if labels is not None:
        try:
            labels.write_bytes(b"".join(line + b"\n" for line in write_labels(found)))
        except OSError as error:
            fail(f"{labels}: cannot be written: {error.strerror}")


def _as_it_happens(simulation: Iterator[Simulated]) -> Iterator[Simulated]:
    """Each event when its time has come; what was printed before it leaves first."""
    for simulated in simulation:
        ahead = int(simulated.event["event_time"]) / 1000 - time.time()
        if ahead > 0:
            sys.stdout.buffer.flush()
            time.sleep(ahead)
        yield simulated
