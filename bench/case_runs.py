"""What the cases of the matrix gave, and how they stand beside each other."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from bench.cases import Case, Factor, differs_only_in
from bench.throughput import Throughputs
from bench.worker_runs import WorkerRun


@dataclass
class CaseRuns:
    """All runs of one case; `rules` is how many, `event_bytes` how long its events are on average."""

    case: Case
    rules: int
    events: int
    event_bytes: float
    alerts_standing: int
    runs: list[WorkerRun] = field(default_factory=list)

    @property
    def throughputs(self) -> Throughputs:
        """What each run took."""
        return Throughputs([run.throughput for run in self.runs])

    @property
    def rates(self) -> list[float]:
        """Events a second of each run, by the clock."""
        return self.throughputs.rates

    @property
    def rate(self) -> float:
        """The median of the rates by the clock."""
        return self.throughputs.events_per_second

    @property
    def cpu_rate(self) -> float:
        """The median of the rates for each second of the workers' CPU."""
        return self.throughputs.events_per_cpu_second

    @property
    def peak_bytes(self) -> float:
        """The median of the workers' peaks of memory."""
        return statistics.median(run.peak_bytes for run in self.runs)

    @property
    def redis_bytes_per_event(self) -> float:
        """The median of what Redis' memory grew by for each event, stored or not."""
        return statistics.median(run.redis_bytes for run in self.runs) / self.events


def value_of(factor: Factor, runs: CaseRuns) -> float:
    """A factor's value in a case as a number, by which cases stand in order."""
    measured = {Factor.RULES: float(runs.rules), Factor.SIZE: runs.event_bytes}
    return measured[factor] if factor in measured else getattr(runs.case, factor) or 0.0


def label_of(factor: Factor, runs: CaseRuns) -> str:
    """A factor's value in a case in words."""
    value = value_of(factor, runs)
    if factor is Factor.SKEW:
        return f"by Zipf, exponent {value:g}" if value else "evenly"
    return f"{value:,.0f}"


def series_of(factor: Factor, matrix: Sequence[CaseRuns]) -> list[CaseRuns]:
    """The base case, which is the first, and those that differ from it in the factor alone, in order."""
    fitting = (runs for runs in matrix if differs_only_in(factor, runs.case, matrix[0].case))
    return sorted(fitting, key=partial(value_of, factor))
