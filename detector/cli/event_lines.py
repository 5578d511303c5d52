"""The lines of files of events that a command names."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import partial

from detector.replay.recorded.files import files_recorded


def event_lines(files: Sequence[str]) -> Iterator[bytes]:
    """The events of files as a backtest reads them, as lines of NDJSON; `-` is standard input.

    Raises:
        RecordedError: they cannot be read.
    """
    recorded = files_recorded(files, partial(print, file=sys.stderr))
    batches = recorded.stream or (batch for part in recorded.parts for batch in part.batches())
    for batch in batches:
        yield from batch.lines
