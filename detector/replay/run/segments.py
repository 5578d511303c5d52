"""Lines filed by group on disk: segments, each of which has some lines of every group.

A segment begins with where each group's block begins and, last, where the file ends. A block is how many
lines it has, their places in the order of arrival, where each line ends, their notes, and the lines.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

from detector.replay.run.errors import spilling

_WORD = 8


class Segment(NamedTuple):
    """A segment: its file, the lowest place in it, and how many bytes of lines it has of each group.

    `note` is how many bytes each line's note has.
    """

    path: Path
    first: int
    sizes: array[int]
    note: int

    def size(self, groups: range) -> int:
        """How many bytes of lines it has of these groups."""
        return sum(self.sizes[groups.start : groups.stop])


class Shelves:
    """Lines that are filed by group, until there are enough of them to write a segment.

    Args:
        groups: how many there are.
        note: bytes that go with each line.
    """

    def __init__(self, groups: int, note: int = 0) -> None:
        self._groups = groups
        self._note = note
        self._clear()

    def __bool__(self) -> bool:
        return any(self.lines)

    def add(self, group: int, place: int, line: bytes, note: bytes) -> None:
        """File one line."""
        self.places[group].append(place)
        self.lines[group].append(line)
        self.notes[group].append(note)

    def write(self, path: Path) -> Segment:
        """Write all of them into a new segment, and begin anew."""
        groups = self._groups
        first = min(min(places) for places in self.places if places)
        sizes = array("Q", [sum(map(len, lines)) for lines in self.lines])
        starts = array("Q", bytes(_WORD * (groups + 1)))
        with spilling(), path.open("xb") as file:
            file.seek(_WORD * len(starts))
            for group in range(groups):
                starts[group] = file.tell()
                self._write_block(file, group)
            starts[groups] = file.tell()
            file.seek(0)
            starts.tofile(file)
        self._clear()
        return Segment(path, first, sizes, self._note)

    def _clear(self) -> None:
        self.places: list[list[int]] = [[] for _ in range(self._groups)]
        self.lines: list[list[bytes]] = [[] for _ in range(self._groups)]
        self.notes: list[list[bytes]] = [[] for _ in range(self._groups)]

    def _write_block(self, file: BinaryIO, group: int) -> None:
        lines = self.lines[group]
        if lines:
            array("Q", [len(lines)]).tofile(file)
            array("Q", self.places[group]).tofile(file)
            array("I", accumulate(map(len, lines))).tofile(file)
            file.write(b"".join(self.notes[group]))
            file.write(b"".join(lines))


class Block(NamedTuple):
    """The lines of one group in a segment; `places` grow from line to line where arrival was in order."""

    path: Path
    start: int
    places: array[int]
    ends: array[int]
    notes: bytes

    @property
    def size(self) -> int:
        """How many bytes its lines have."""
        return self.ends[-1]

    def lines(self, first: int, last: int) -> list[bytes]:
        """The lines from an index to before another."""
        begin = self.ends[first - 1] if first else 0
        with spilling(), self.path.open("rb", buffering=0) as file:
            data = os.pread(file.fileno(), self.ends[last - 1] - begin, self.start + begin)
        cuts = [0, *(end - begin for end in self.ends[first:last])]
        return [data[low:high] for low, high in pairwise(cuts)]


def blocks(segments: Iterable[Path], note: int, groups: range) -> Iterator[Block]:
    """The blocks that these segments have of these groups; `note` is how many bytes each line's note has."""
    for path in segments:
        with spilling(), path.open("rb") as file:
            file.seek(_WORD * groups.start)
            starts = array("Q")
            starts.fromfile(file, len(groups) + 1)
            for start, end in pairwise(starts):
                if start < end:
                    yield _block(file, path, note, start)


def _block(file: BinaryIO, path: Path, note: int, start: int) -> Block:
    file.seek(start)
    count = array("Q")
    count.fromfile(file, 1)
    places, ends = array("Q"), array("I")
    places.fromfile(file, count[0])
    ends.fromfile(file, count[0])
    notes = file.read(note * count[0])
    return Block(path, file.tell(), places, ends, notes)
