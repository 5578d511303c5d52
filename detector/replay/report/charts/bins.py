"""Spans of time in which alerts are counted: as fine as a chart can show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_SECOND = 1_000
_MINUTE = 60 * _SECOND
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_WIDTHS = (
    _SECOND, 10 * _SECOND, _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE,
    _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 7 * _DAY, 28 * _DAY, 364 * _DAY,
)  # fmt: skip
_MOST_BINS = 60
_MOST_TICKS = 10


class Bins(NamedTuple):
    """Bins of one width (ms), which begin at its multiples since 1970 UTC."""

    first: int
    last: int
    width: int

    @classmethod
    def over(cls, times: Sequence[int]) -> Bins:
        """The narrowest of the usual bins that cover some times with at most 60 of them."""
        first, last = min(times), max(times)
        return cls(first, last, _width(last - first, _MOST_BINS))

    def start(self, time: int) -> int:
        """The start of the bin that a time falls into."""
        return time - time % self.width

    @property
    def ticks(self) -> list[int]:
        """Round times, at most ten, to write beside the bins."""
        start, end = self.start(self.first), self.start(self.last) + self.width
        step = max(self.width, _width(end - start, _MOST_TICKS))
        return list(range(-(-start // step) * step, end + 1, step))


def _width(span: int, most: int) -> int:
    return next((width for width in _WIDTHS if span <= most * width), _WIDTHS[-1])
