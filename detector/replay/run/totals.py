"""What all tasks of a run come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from detector.core.events import Reason
from detector.replay.fact import Fact
from detector.replay.run.evaluation import Done
from detector.replay.run.result import Result
from detector.replay.summary import Interruption, Summary


class Totals:
    """Sums up what the tasks say, in whatever order they end.

    Args:
        names: of the rule sets, in their order.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._summaries = [Summary() for _ in names]
        self._runs: list[list[Path]] = [[] for _ in names]
        self._facts: dict[str, tuple[int, Fact]] = {}

    def refuse(self, refused: Counter[Reason]) -> None:
        """Count events that the source refused."""
        for summary in self._summaries:
            summary.events += refused.total()
            summary.refused += refused

    def take(self, done: Done) -> None:
        """Take what came of a task."""
        for summary, more in zip(self._summaries, done.summaries, strict=True):
            summary.add(more)
        for runs, paths in zip(self._runs, done.alerts, strict=True):
            runs.extend(paths)
        for event_id, fact in done.facts.items():
            self._facts[event_id] = min(fact, self._facts.get(event_id, fact))

    def interrupt(self, by_merchant: bool, share: float) -> None:
        """Note that the run came no further than to a share of the keys of a scope."""
        for summary in self._summaries:
            summary.interruption = Interruption(by_merchant, share)

    def result(self, seconds: float, directory: Path, at_once: int) -> Result:
        """What the run came to, after so long."""
        for summary in self._summaries:
            summary.seconds = seconds
        facts = {event_id: fact for event_id, (_, fact) in self._facts.items()}
        summaries = dict(zip(self._names, self._summaries, strict=True))
        return Result(summaries, facts, dict(zip(self._names, self._runs, strict=True)), directory, at_once)
