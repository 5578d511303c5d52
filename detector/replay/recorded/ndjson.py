"""Plain NDJSON, cut into ranges of bytes that are read independently of each other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from detector.replay.recorded.batch import BATCH_BYTES, Batch, RecordedError
from detector.replay.recorded.lines import Block, batches_of
from detector.replay.recorded.reading import reading

RANGE_BYTES = 32 << 20
_LOOK_BYTES = 64 << 10


class _File(Protocol):
    def seek(self, offset: int, /) -> int: ...
    def read(self, size: int, /) -> bytes: ...


class Range(NamedTuple):
    """The lines of a file that begin at the offset `start` or later, but before `end`."""

    path: Path
    start: int
    end: int

    @property
    def size(self) -> int:
        """How many bytes the range has."""
        return self.end - self.start

    def batches(self) -> Iterator[Batch]:
        """Its lines.

        Raises:
            RecordedError: the file cannot be read, or has become shorter.
        """
        with reading(self.path), self.path.open("rb", buffering=0) as file:
            yield from batches_of(self._blocks(file))

    def _blocks(self, file: _File) -> Iterator[Block]:
        position = _line_from(file, self.start, self.end)
        covered = min(position, self.end)
        yield Block(b"", covered - self.start)
        if position >= self.end:
            return
        stop = _line_from(file, self.end)
        file.seek(position)
        while data := file.read(min(BATCH_BYTES, stop - position)):
            position += len(data)
            reached = min(position, self.end)
            yield Block(data, reached - covered)
            covered = reached
        if position < self.end:
            raise RecordedError(
                f"{self.path}: became shorter while it was read; read a copy that stays as it is"
            )


def ranges(path: Path, size: int, range_bytes: int = RANGE_BYTES) -> list[Range]:
    """A file of so many bytes as ranges, which have each of its lines once, whatever the cut."""
    return [Range(path, start, min(size, start + range_bytes)) for start in range(0, size, range_bytes)]


def _line_from(file: _File, start: int, limit: int = sys.maxsize) -> int:
    """Where the first line begins that begins at `start` or later: the end of the file where none does.

    From the limit on nothing is looked for, and it is given itself.
    """
    if start == 0:
        return 0
    position = start - 1
    file.seek(position)
    while position < limit - 1:
        data = file.read(_LOOK_BYTES)
        found = data.find(b"\n")
        if found >= 0:
            return min(position + found + 1, limit)
        if not data:
            return position
        position += len(data)
    return limit
