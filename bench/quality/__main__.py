"""`python -m bench.quality`: hold the shipped catalogue against the scenario set."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from bench.errors import BenchFailed
from bench.quality.measured import measure
from bench.quality.page import put_into
from bench.quality.scenario_files import write_scenarios
from bench.quality.tables import figures
from detector.simulate import ScenarioSet

USERS, EVENTS, SEED, FRAUD = 200_000, 8_000_000, 1, 0.001


def main(
    users: Annotated[int, typer.Option(min=1, help="Users of the set.")] = USERS,
    events: Annotated[int, typer.Option(min=1, help="Events of the set.")] = EVENTS,
    seed: Annotated[int, typer.Option(help="The same seed gives the same figures.")] = SEED,
    fraud: Annotated[float, typer.Option(min=0, max=1, help="Frauds in proportion to the users.")] = FRAUD,
    into: Annotated[
        Path | None,
        typer.Option(
            help="Put the tables into this page, between its marks; else print them.", metavar="FILE"
        ),
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(help="Where events lie meanwhile, and alerts: about 1 kB an event.", metavar="DIR"),
    ] = None,
) -> None:
    """Generate the scenario set, run the shipped catalogue on it, and tell how good it is."""
    try:
        asked = ScenarioSet(users, events, seed, fraud)
        with TemporaryDirectory(prefix="quality-", dir=directory) as made:
            measured = measure(write_scenarios(asked, Path(made)))
        command = f"python -m bench.quality --users {users} --events {events} --seed {seed} --fraud {fraud}"
        text = figures(asked, measured, command)
        if into is None:
            typer.echo(text)
        else:
            put_into(into, text)
    except (BenchFailed, ValueError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
