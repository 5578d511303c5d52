"""Lines that are filed by key, and the tasks in which they are evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from detector.replay.run.chunks import Chunk, chunks
from detector.replay.run.executor import Executor
from detector.replay.run.hashing import Groups, KeysOf
from detector.replay.run.limits import Limits
from detector.replay.run.segments import Block, Segment, Shelves, blocks

_TASKS_OF_A_WORKER = 4
"""At least, where there is enough for that: the last to be done should not let the others wait for long."""


class Range(NamedTuple):
    """Some groups in a row, with all their lines; `size` is how many bytes these have."""

    segments: tuple[Path, ...]
    note: int
    groups: range
    size: int

    def blocks(self) -> list[Block]:
        """Their lines, by segment and group."""
        return list(blocks(self.segments, self.note, self.groups))


class Filed(NamedTuple):
    """Segments, and how the keys of their lines are split into groups."""

    segments: Sequence[Segment]
    groups: Groups

    def sizes(self) -> list[int]:
        """How many bytes of lines each group has."""
        return [sum(sizes) for sizes in zip(*(segment.sizes for segment in self.segments), strict=True)]

    def range(self, groups: range) -> Range:
        """Some groups in a row."""
        having = [segment for segment in self.segments if segment.size(groups)]
        size = sum(segment.size(groups) for segment in having)
        return Range(tuple(segment.path for segment in having), self.segments[0].note, groups, size)


class Refile:
    """Files the lines of a group, which has too many of them, into groups of its own.

    Args:
        directory: where segments are written.
        keys_of: the keys of lines.
        spill: a segment is written for each so many bytes of lines.
    """

    def __init__(self, directory: Path, keys_of: KeysOf, spill: int) -> None:
        self._directory = directory
        self._keys_of = keys_of
        self._spill = spill

    def __call__(self, task: tuple[int, Range, Groups]) -> Iterator[tuple[int, Segment]]:
        """File one group, which has a number; its segments go by that."""
        number, group, groups = task
        shelves = Shelves(groups.number, group.note)
        for index, chunk in enumerate(chunks(group.blocks(), self._spill)):
            self._file(chunk, groups, shelves)
            yield (
                number,
                shelves.write(self._directory / f"{self._keys_of.__name__}-{groups.depth}-{number}-{index}"),
            )

    def _file(self, chunk: Chunk, groups: Groups, shelves: Shelves) -> None:
        for group, place, line, note in zip(groups.of(self._keys_of(chunk.lines)), *chunk, strict=True):
            shelves.add(group, place, line, note)


def ranges(filed: Filed, executor: Executor, refile: Refile, limits: Limits) -> list[Range]:
    """All groups, in ranges that can be evaluated in one task each, the largest first."""
    found: list[Range] = []
    waiting = [filed]
    while waiting:
        large: list[tuple[int, Range, Groups]] = []
        for one in waiting:
            for taken in _packed(one, executor, limits):
                if taken.size > limits.group and _can_be_split(taken, one):
                    large.append((len(large), taken, one.groups.next))
                else:
                    found.append(taken)
        waiting = _refiled(large, executor, refile)
    return sorted(found, key=lambda taken: taken.size, reverse=True)


def _packed(filed: Filed, executor: Executor, limits: Limits) -> Iterator[Range]:
    """Ranges of groups that have as many lines as a task should have, or are one group with more."""
    sizes = filed.sizes()
    at_most = min(limits.task, sum(sizes) // (executor.workers * _TASKS_OF_A_WORKER) + 1)
    first = gathered = 0
    for group, size in enumerate([*sizes, at_most]):
        if gathered and gathered + size > at_most:
            yield filed.range(range(first, group))
            first, gathered = group, 0
        gathered += size


def _can_be_split(group: Range, filed: Filed) -> bool:
    if filed.groups.is_last:
        return False
    # Where splitting did not help once, it is one key.
    return filed.groups.depth == 0 or group.size < sum(filed.sizes())


def _refiled(large: Sequence[tuple[int, Range, Groups]], executor: Executor, refile: Refile) -> list[Filed]:
    segments: dict[int, list[Segment]] = {number: [] for number, _, _ in large}
    for number, segment in executor.map(refile, large):
        segments[number].append(segment)
    return [Filed(segments[number], groups) for number, _, groups in large]
