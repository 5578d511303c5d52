"""The detector with two rules and its peers, one after the other over the same events."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from bench.peer import PeerRun


@dataclass
class PeerRuns:
    """All runs of the detector, or of one of its peers."""

    name: str
    version: str
    alerts: int
    runs: list[PeerRun] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The median of the rates by the clock."""
        return statistics.median(run.rate for run in self.runs)

    @property
    def cpu_rate(self) -> float:
        """The median of the rates for each second of its own CPU."""
        return statistics.median(run.cpu_rate for run in self.runs)

    @property
    def whole_cpu_rate(self) -> float:
        """The median of the rates for each second of CPU, its Redis' included."""
        return statistics.median(run.whole_cpu_rate for run in self.runs)
