"""The options of `detector backtest`; those that say what is read stand beside its reading."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

MoreFiles = Annotated[
    list[str] | None, typer.Argument(help="More files of events.", metavar="FILE...", show_default=False)
]
ListDirectory = Annotated[
    Path | None,
    typer.Option("--lists", help="A directory of lists, each in a file NAME.txt as exported.", metavar="DIR"),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 where an event is refused.")]
Against = Annotated[
    Path | None,
    typer.Option(
        "--against",
        help="A directory of rules: what would those have raised? They add to the shipped ones and replace "
        "them by id, as --rules do.",
        metavar="DIR",
    ),
]
FailOnChange = Annotated[
    bool, typer.Option("--fail-on-change", help="With --against, exit 1 where any alert differs.")
]
LabelFile = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        help="What is known to be fraud, NDJSON or CSV: labels of events as 'detector generate' writes, or "
        "dispositions as 'detector alerts dispositions' prints.",
        metavar="FILE",
    ),
]
Sweeps = Annotated[
    list[str] | None,
    typer.Option(
        "--sweep",
        help="Try values of a rule's parameter, as in 'no-password-burst:when.0.count.gte=3..10'; may be "
        "repeated.",
        metavar="RULE:PATH=VALUES",
    ),
]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--report", help="Write a page with charts and tables that needs no network.", metavar="FILE.html"
    ),
]
AlertsOut = Annotated[
    Path | None,
    typer.Option(
        "--alerts-out",
        help="Write the alerts there; else they go to stdout, where nothing else was asked for.",
        metavar="FILE",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print what was found out as one JSON document.")]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, help="Processes that share the work.", metavar="N", show_default="one a core"
    ),
]
SpillDirectory = Annotated[
    Path | None,
    typer.Option(
        "--spill-dir",
        help="Where events lie meanwhile: two to three times the bytes that they have uncompressed.",
        metavar="DIR",
        show_default="the system's directory for temporary files",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Do not say how far it is.")]
