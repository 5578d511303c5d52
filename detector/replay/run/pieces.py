"""What is read, in pieces: parts of files, or what comes of a stream by and by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from detector.replay.recorded.batch import Batch, Part, Recorded


class Piece(NamedTuple):
    """What was read of a stream: a part that holds its batches itself."""

    taken: list[Batch]

    @property
    def size(self) -> int:
        """How much of the stream it covers, in the stream's unit."""
        return sum(batch.size for batch in self.taken)

    def batches(self) -> Iterator[Batch]:
        """The batches."""
        yield from self.taken


class Pieces(NamedTuple):
    """The input as parts, in the order of arrival; `are_few` where it is done before others could help."""

    parts: Iterable[Part]
    are_few: bool


def pieces(recorded: Recorded, bytes_of_a_piece: int, small: int) -> Pieces:
    """The input as parts; of a stream, nothing but the first of them is read before they are taken."""
    if recorded.stream is None:
        return Pieces(recorded.parts, sum(part.size for part in recorded.parts) < small)
    coming = _pieces(recorded.stream, bytes_of_a_piece)
    first = list(islice(coming, 1))
    few = all(_bytes(piece) < small for piece in first)
    return Pieces(chain(first, coming), few)


def _pieces(stream: Iterable[Batch], at_least: int) -> Iterator[Piece]:
    taken: list[Batch] = []
    held = 0
    for batch in stream:
        taken.append(batch)
        held += sum(map(len, batch.lines))
        if held >= at_least:
            yield Piece(taken)
            taken, held = [], 0
    if taken:
        yield Piece(taken)


def _bytes(piece: Piece) -> int:
    return sum(sum(map(len, batch.lines)) for batch in piece.taken)
