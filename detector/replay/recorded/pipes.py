"""Events that another program writes while they are read."""

from __future__ import annotations

import io
from collections.abc import Iterator

from detector.replay.recorded.batch import BATCH_BYTES, Batch, RecordedError
from detector.replay.recorded.formats import HEAD_BYTES, Format, format_of
from detector.replay.recorded.lines import Block, batches_of
from detector.replay.recorded.reading import reading
from detector.replay.recorded.unpacking import unpacked


def piped(source: io.BufferedReader, name: str) -> Iterator[Batch]:
    """The lines of NDJSON, plain or compressed with gzip or zstd, each soon after it was written.

    Raises:
        RecordedError: it cannot be read, is damaged, or is of a format that has to lie in a file.
    """
    with reading(name):
        packing = format_of(source.peek(HEAD_BYTES), name)
        if packing is Format.PARQUET:
            raise RecordedError(f"{name}: Parquet is read from its end; give its file by name")
        yield from batches_of(_blocks(source, packing))


def _blocks(source: io.BufferedReader, packing: Format) -> Iterator[Block]:
    read = source.read1 if packing is Format.NDJSON else unpacked(source, packing).read
    while data := read(BATCH_BYTES):
        yield Block(data, len(data))
