"""Where the work of a command runs, as an option says."""

from __future__ import annotations

from pathlib import Path
from tempfile import gettempdir
from typing import Annotated

import typer

from detector.replay.ray import OnRay

On = Annotated[
    str | None,
    typer.Option(
        "--on",
        help="Run on a Ray cluster, ray://HOST:PORT of its head, which shares --spill-dir and the files of "
        "events with all its nodes; 'ray' starts one on this machine.",
        metavar="CLUSTER",
    ),
]
_RAY = "ray"


def executor_on(on: str | None, workers: int | None, spill_dir: Path | None) -> OnRay | None:
    """What an option names to run tasks; None is this machine without further ado.

    Raises:
        typer.BadParameter: it names nothing that is known.
    """
    if on is None:
        return None
    kind, found, address = on.partition("://")
    if kind != _RAY or bool(found) is not bool(address):
        raise typer.BadParameter(f"'{on}' is neither ray nor ray://HOST:PORT", param_hint="'--on'")
    return OnRay(address or None, workers, spill_dir or Path(gettempdir()))
