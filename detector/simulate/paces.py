"""When things happen one after the other."""

from __future__ import annotations

from itertools import accumulate

from detector.simulate.draw import Draw


def moments(begin: int, count: int, gap: tuple[int, int], draw: Draw) -> list[int]:
    """`count` event times, the first at `begin`; the gaps between them are drawn from a range, in ms."""
    return list(accumulate((draw.between(*gap) for _ in range(count - 1)), initial=begin))
