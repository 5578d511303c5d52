"""Which recorded events a command reads, as options say."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Annotated

import typer

from detector.cli.moments import moment_of_option
from detector.cli.recorded_topics import topics_recorded
from detector.config import Settings
from detector.replay.recorded.batch import Recorded
from detector.replay.recorded.files import files_recorded

EventFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--events",
        help="Events: NDJSON, plain or compressed with gzip or zstd, or Parquet; "
        "a directory of such; '-' is standard input.",
        metavar="FILE",
    ),
]
FromKafka = Annotated[
    bool,
    typer.Option("--from-kafka", help="Read the input topics, without joining the detector's group."),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        help="With --from-kafka, begin there: so long ago (7d, 12h), or at a time in UTC "
        "(2026-03-01, 2026-03-01T08:00). By default with the oldest record.",
        metavar="TIME",
    ),
]
Until = Annotated[
    str | None,
    typer.Option("--until", help="With --from-kafka, end there; by default now.", metavar="TIME"),
]


@contextmanager
def recorded(
    settings: Settings, files: Sequence[str], from_kafka: bool, since: str | None, until: str | None
) -> Iterator[Recorded]:
    """The events that options name; what is to be known of them is said on stderr.

    Raises:
        typer.BadParameter: the options contradict each other, or say too little.
        RecordedError: the events cannot be read.
    """
    _check(files, from_kafka, since, until)
    say = partial(print, file=sys.stderr)
    if not from_kafka:
        yield files_recorded(files, say)
        return
    now = int(time.time() * 1000)
    begin = 0 if since is None else moment_of_option(since, now, "--since")
    end = None if until is None else moment_of_option(until, now, "--until")
    if begin >= (now if end is None else end):
        raise typer.BadParameter("it must lie before the end", param_hint="'--since'")
    with topics_recorded(settings, begin, end, say) as found:
        yield found


def _check(files: Sequence[str], from_kafka: bool, since: str | None, until: str | None) -> None:
    if from_kafka and files:
        raise typer.BadParameter("read either files or --from-kafka", param_hint="'--events'")
    if from_kafka:
        return
    if not files:
        raise typer.BadParameter("name files of events, or read --from-kafka", param_hint="'--events'")
    for name, value in (("'--since'", since), ("'--until'", until)):
        if value is not None:
            raise typer.BadParameter("it goes with --from-kafka; files are read whole", param_hint=name)
