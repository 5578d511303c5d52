"""Random draws that are the same in every process and Python version."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Draws made of `Random.random` alone: what else `random` offers may change between versions."""

    def __init__(self, seed: str) -> None:
        self.fraction = Random(seed).random

    def chance(self, share: float) -> bool:
        """True in `share` (0..1) of the draws."""
        return self.fraction() < share

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.fraction() * (high - low + 1))

    def mostly_small(self, low: int, high: int) -> int:
        """As `between`, with few large ones, as amounts of money are."""
        fraction = self.fraction()
        return low + int(fraction * fraction * fraction * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """One of `options`, which is not empty."""
        return options[int(self.fraction() * len(options))]

    def shuffle(self, items: list[T]) -> None:
        """Puts `items` into a random order, in place."""
        for last in range(len(items) - 1, 0, -1):
            other = int(self.fraction() * (last + 1))
            items[last], items[other] = items[other], items[last]
