"""The lines of some groups in the order of arrival, as many at a time as may be in memory."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from detector.replay.run.segments import Block

_LAST = 1 << 64
_SAMPLES = 64
"""So many places of each block tell where to cut, for each time that all must be cut."""


class Chunk(NamedTuple):
    """Lines in the order of arrival, each with its place in it and its note."""

    places: tuple[int, ...]
    lines: tuple[bytes, ...]
    notes: tuple[bytes, ...]


def chunks(blocks: Sequence[Block], at_most: int) -> Iterator[Chunk]:
    """All lines of the blocks; about so many bytes of them at a time."""
    for low, high in pairwise(_cuts(blocks, at_most)):
        rows = sorted(chain.from_iterable(_rows(block, low, high) for block in blocks))
        if rows:
            yield Chunk(*zip(*rows, strict=True))


def _cuts(blocks: Sequence[Block], at_most: int) -> list[int]:
    """Places between which about as many bytes lie as may be in memory."""
    pieces = sum(block.size for block in blocks) // at_most + 1
    if pieces == 1:
        return [0, _LAST]
    samples = sorted(chain.from_iterable(_samples(block, pieces * _SAMPLES) for block in blocks))
    weight = sum(size for _, size in samples)
    cuts, gathered = [0], 0
    for place, size in samples:
        if gathered + size > weight * len(cuts) / pieces and place > cuts[-1]:
            cuts.append(place)
        gathered += size
    return [*cuts, _LAST]


def _samples(block: Block, number: int) -> Iterator[tuple[int, int]]:
    """Places spread over a block, with the bytes of the lines from each to the next."""
    step = max(1, len(block.places) // number)
    for index in range(0, len(block.places), step):
        begin = block.ends[index - 1] if index else 0
        yield block.places[index], block.ends[min(index + step, len(block.ends)) - 1] - begin


def _rows(block: Block, low: int, high: int) -> Iterator[tuple[int, bytes, bytes]]:
    first = bisect_left(block.places, low)
    last = bisect_left(block.places, high) if high < _LAST else len(block.places)
    if first == last:
        return
    width = len(block.notes) // len(block.places)
    notes = (block.notes[at : at + width] for at in range(first * width, last * width, width or 1))
    lines = block.lines(first, last)
    yield from zip(block.places[first:last], lines, notes if width else [b""] * len(lines), strict=True)
