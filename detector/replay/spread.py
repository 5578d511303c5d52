"""How some figures are spread."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import NamedTuple


class Spread(NamedTuple):
    """Of a `number` of figures: the middle one, the one that nine in ten do not exceed, and the sum."""

    number: int
    median: float
    p90: float
    total: float


def spread(figures: Iterable[float]) -> Spread | None:
    """How these are spread; None where there are none. Of an even number the median is the lower middle."""
    ordered = sorted(figures)
    if not ordered:
        return None
    return Spread(len(ordered), _rank(ordered, 0.5), _rank(ordered, 0.9), sum(ordered))


def _rank(ordered: list[float], share: float) -> float:
    return ordered[max(0, ceil(share * len(ordered)) - 1)]
