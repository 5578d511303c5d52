"""The detector with two rules and its peers, one after the other over the same events."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from bench.peer import PeerRun
from bench.peer_programs import Program

_COMMITS = 5
"""So many times a run should be as long as a peer's commits are apart: the last is not in it."""


@dataclass
class PeerRuns:
    """All runs of the detector, or of one of its peers."""

    name: str
    version: str
    alerts: int
    runs: list[PeerRun] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        """Events a second of each run, by the clock."""
        return [run.rate for run in self.runs]

    @property
    def rate(self) -> float:
        """The median of the rates by the clock."""
        return statistics.median(self.rates)

    @property
    def cpu_rate(self) -> float:
        """The median of the rates for each second of its own CPU."""
        return statistics.median(run.cpu_rate for run in self.runs)

    @property
    def whole_cpu_rate(self) -> float:
        """The median of the rates for each second of CPU, its Redis' included."""
        return statistics.median(run.whole_cpu_rate for run in self.runs)


def too_short(peer: Program, runs: PeerRuns) -> str | None:
    """What is to be said of runs so short that much of what the peer writes to its state is not in them."""
    shortest = min(run.seconds for run in runs.runs)
    if peer.commits_every is None or shortest >= _COMMITS * peer.commits_every:
        return None
    return (
        f"{peer.name}: it writes its state every {peer.commits_every:g} s, and what came after the last time "
        f"is not in a run of {shortest:.0f} s; take more --events"
    )
