"""A share of a number, and how sure it is."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

_Z = 1.959963984540054
"""The standard normal deviate within which 95 % lie."""


class Share(NamedTuple):
    """`hits` out of `of`."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """From 0 to 1; None out of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's score interval: where the true share lies, with a confidence of 95 %; None out of nothing.

        E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, Journal of the
        American Statistical Association 22 (1927), pages 209-212. It stays within 0 and 1, and means
        something for few cases and for a share of all or nothing, where the normal interval does not.
        """
        if not self.of:
            return None
        share, weight = self.hits / self.of, _Z**2 / self.of
        middle = (share + weight / 2) / (1 + weight)
        reach = _Z * sqrt(share * (1 - share) / self.of + weight / (4 * self.of)) / (1 + weight)
        # Where it is none or all, the formula gives 0 or 1 but for rounding.
        low = middle - reach if self.hits else 0.0
        return low, middle + reach if self.hits < self.of else 1.0
