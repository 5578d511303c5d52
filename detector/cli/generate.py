"""`detector generate`: simulated traffic."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from detector.cli.console import fail


def generate(
    users: Annotated[int, typer.Option(help="How many users.", min=1)] = 1_000,
    events: Annotated[int, typer.Option(help="How many events.", min=1)] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    fraud: Annotated[float, typer.Option(help="The share of users with a fraud.", min=0, max=1)] = 0.01,
    labels: Annotated[
        Path | None, typer.Option(help="Write which events belong to which fraud.", metavar="FILE")
    ] = None,
) -> None:
    """Print simulated traffic as NDJSON, in the order of event time."""
    from detector.simulate import Traffic, encode, simulate, write_labels

    try:
        traffic = Traffic(users=users, events=events, seed=seed, fraud=fraud)
    except ValueError as error:
        fail(str(error))
    found = []
    out = sys.stdout.buffer
    for simulated in simulate(traffic):
        out.write(encode(simulated.event) + b"\n")
        if simulated.label is not None:
            found.append(simulated.label)
    out.flush()
    if labels is not None:
        try:
            labels.write_bytes(b"".join(line + b"\n" for line in write_labels(found)))
        except OSError as error:
            fail(f"{labels}: cannot be written: {error.strerror}")
