"""The lines of files of events that a command names."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from detector.cli.console import fail


def event_lines(files: Sequence[str]) -> Iterator[bytes]:
    """The lines of NDJSON files, one after the other; `-` is standard input."""
    for name in files:
        if name == "-":
            yield from sys.stdin.buffer
            continue
        try:
            with Path(name).open("rb") as source:
                yield from source
        except OSError as error:
            fail(f"{name}: cannot be read: {error.strerror}")
