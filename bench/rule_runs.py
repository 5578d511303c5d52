"""What a worker takes with sets of rules of different sizes."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field


@dataclass
class RuleRuns:
    """All runs with one set of rules: events a second, by the clock and by the worker's CPU time."""

    rules: int
    alerts_standing: int = 0
    rates: list[float] = field(default_factory=list)
    cpu_rates: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of the rates by the clock."""
        return statistics.median(self.rates)

    @property
    def cpu_median(self) -> float:
        """The median of the rates for each second of CPU."""
        return statistics.median(self.cpu_rates)
