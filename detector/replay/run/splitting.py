"""The first pass over the events: each is filed by its user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from detector.core.events import Reason
from detector.replay.recorded.batch import Part
from detector.replay.run.hashing import Groups, users_of
from detector.replay.run.segments import Segment, Shelves

LINES_OF_A_PART = 1 << 40
"""Places in the order of arrival are the number of a part times this, and the number of a line in it."""


class Read(NamedTuple):
    """Lines that were read since the last that was said of the same part.

    `size` is how much of the source they cover, in its unit; `refused` are those that the source refused.
    """

    segment: Segment | None
    lines: int
    size: int
    refused: Counter[Reason]


class Split:
    """Files the lines of parts by user.

    Args:
        directory: where segments are written.
        groups: how the users are split.
        spill: a segment is written for each so many bytes of lines.
    """

    def __init__(self, directory: Path, groups: Groups, spill: int) -> None:
        self._directory = directory
        self._groups = groups
        self._spill = spill

    def __call__(self, task: tuple[int, Part]) -> Iterator[Read]:
        """File the lines of one part, which has a number in the order of arrival."""
        number, part = task
        place = written = number * LINES_OF_A_PART
        held = size = 0
        refused: Counter[Reason] = Counter()
        shelves = Shelves(self._groups.number)
        for batch in part.batches():
            file_by(self._groups.of(users_of(batch.lines)), batch.lines, place, shelves)
            place += len(batch.lines)
            size += batch.size
            refused.update(batch.refused)
            held += sum(map(len, batch.lines))
            if held >= self._spill:
                yield Read(self._written(shelves, written), place - written, size, refused)
                written, held, size, refused = place, 0, 0, Counter()
        yield Read(self._written(shelves, written) if shelves else None, place - written, size, refused)

    def _written(self, shelves: Shelves, first: int) -> Segment:
        return shelves.write(self._directory / f"users-{first}")


def file_by(groups: Sequence[int], lines: Sequence[bytes], first: int, shelves: Shelves) -> None:
    """Put lines, the first of which has that place in the order of arrival, where their groups are."""
    places, filed = shelves.places, shelves.lines
    for place, (group, line) in enumerate(zip(groups, lines, strict=True), first):
        places[group].append(place)
        filed[group].append(line)
