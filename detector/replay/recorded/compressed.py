"""Files of compressed NDJSON, which can only be read from front to end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from detector.replay.recorded.batch import BATCH_BYTES, Batch
from detector.replay.recorded.formats import Format
from detector.replay.recorded.lines import Block, batches_of
from detector.replay.recorded.reading import reading
from detector.replay.recorded.unpacking import unpacked


class Compressed(NamedTuple):
    """A compressed file of so many bytes."""

    path: Path
    size: int
    packing: Format

    def batches(self) -> Iterator[Batch]:
        """Its lines.

        Raises:
            RecordedError: the file cannot be read, its end is missing, or it is damaged.
        """
        with reading(self.path), self.path.open("rb") as file:
            yield from batches_of(self._blocks(file))

    def _blocks(self, file: IO[bytes]) -> Iterator[Block]:
        plain = unpacked(file, self.packing)
        covered = 0
        while data := plain.read(BATCH_BYTES):
            reached = min(file.tell(), self.size)
            yield Block(data, reached - covered)
            covered = reached
        yield Block(b"", self.size - covered)
