"""A whole run: events in, alerts and numbers out."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from detector.config import StateSettings
from detector.core.lists import Members
from detector.replay.recorded.batch import Recorded
from detector.replay.run.errors import StoppedWhileReadingError, spilling
from detector.replay.run.evaluation import Done, Task
from detector.replay.run.executor import Executor, InThisProcess
from detector.replay.run.filed import Filed, Refile, ranges
from detector.replay.run.hashing import Groups, KeysOf, merchants_of, users_of
from detector.replay.run.limits import Limits
from detector.replay.run.merchants import Merchants
from detector.replay.run.pieces import Pieces, pieces
from detector.replay.run.processes import Processes
from detector.replay.run.progress import Meter, Stage, Watch
from detector.replay.run.result import Result
from detector.replay.run.rule_set import Evaluated, RuleSet
from detector.replay.run.segments import Segment
from detector.replay.run.splitting import Split
from detector.replay.run.totals import Totals
from detector.replay.run.users import Users


class Means(NamedTuple):
    """What a run is done with.

    Args:
        workers: how many processes share the work, by default one a core; what is little is done in this one.
        spill_dir: where events and alerts lie meanwhile, by default where the system has temporary files.
        executor: what runs the tasks, by default processes of this machine.
        limits: what bounds the memory.
    """

    workers: int | None = None
    spill_dir: Path | None = None
    executor: AbstractContextManager[Executor] | None = None
    limits: Limits = Limits()


ONE_MACHINE = Means()
"""All cores of this machine."""


@contextmanager
def run(
    recorded: Recorded,
    rule_sets: Sequence[RuleSet],
    state: StateSettings,
    lists: Mapping[str, Members],
    *,
    watched: frozenset[str] = frozenset(),
    watch: Watch | None = None,
    means: Means = ONE_MACHINE,
) -> Iterator[Result]:
    """Evaluate all rule sets in one pass over recorded events; gives what a serial `Backtest` gives of each.

    Events lie on disk meanwhile, filed by key: about as many bytes as were read, and again those of events
    that rules by merchant can use. The files are gone when the context is left.

    A run that is interrupted while it reads has nothing to give. Later it gives what it has, and its
    summaries say how far it came.

    Args:
        recorded: the events.
        rule_sets: each under a name of its own.
        state: how late an event may come, and how much history is kept.
        lists: by name, at least those that the rules look things up in; the tiers among them.
        watched: ids of events of which facts are wanted.
        watch: is told how far the run is.
        means: what the run is done with.

    Raises:
        RecordedError: the events cannot be read.
        RunError: the run cannot go on, or was interrupted while it read.
    """
    started = time.perf_counter()
    evaluated = Evaluated(tuple(rule_sets), lists, state.allowed_lateness, state.history_cap)
    limits = means.limits
    with _directory(means.spill_dir) as directory:
        totals = Totals([rule_set.name for rule_set in rule_sets])
        with _until_stopped():
            found = pieces(recorded, limits.piece, limits.small)
        with means.executor or _local(found, means.workers or os.cpu_count() or 1) as executor:
            _Run(directory, executor, evaluated, watched, limits, Meter(watch), totals).go(
                found, recorded.total
            )
        yield totals.result(time.perf_counter() - started, directory, limits.merged)


@contextmanager
def _directory(spill_dir: Path | None) -> Iterator[Path]:
    with spilling():
        made = TemporaryDirectory(prefix="detector-backtest-", dir=spill_dir)
    with made as name:
        yield Path(name)


@contextmanager
def _until_stopped() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedWhileReadingError(
            "stopped while it was reading: no event was evaluated yet, so there are no alerts"
        ) from None


def _local(found: Pieces, workers: int) -> AbstractContextManager[Executor]:
    return nullcontext(InThisProcess()) if found.are_few or workers == 1 else Processes(workers)


class _Run:
    """The stages of a run, one after the other."""

    def __init__(
        self,
        directory: Path,
        executor: Executor,
        evaluated: Evaluated,
        watched: frozenset[str],
        limits: Limits,
        meter: Meter,
        totals: Totals,
    ) -> None:
        self._directory = directory
        self._executor = executor
        self._evaluated = evaluated
        self._watched = watched
        self._limits = limits
        self._meter = meter
        self._totals = totals
        self._groups = Groups(limits.groups)

    def go(self, found: Pieces, total: int | None) -> None:
        """Read all, and evaluate it."""
        with _until_stopped():
            segments = self._read(found, total)
        try:
            onward = self._evaluate_users(segments)
            self._evaluate_merchants(onward)
        except KeyboardInterrupt:
            self._totals.interrupt(self._meter.stage is Stage.MERCHANTS, self._meter.share or 0.0)

    def _read(self, found: Pieces, total: int | None) -> list[Segment]:
        segments = []
        self._meter.begin(Stage.READING, total)
        for read in self._executor.map(
            Split(self._directory, self._groups, self._limits.spill), enumerate(found.parts)
        ):
            if read.segment is not None:
                segments.append(read.segment)
            self._totals.refuse(read.refused)
            self._meter.read(read.lines + read.refused.total())
            self._meter.advance(read.size)
        return sorted(segments, key=lambda segment: segment.first)

    def _evaluate_users(self, segments: list[Segment]) -> list[Segment]:
        work = Users(self._directory, self._evaluated, self._watched, self._groups, self._limits.chunk)
        onward: list[Segment] = []
        for done in self._evaluate(Stage.USERS, segments, users_of, work):
            onward += done.onward
        return onward

    def _evaluate_merchants(self, segments: list[Segment]) -> None:
        work = Merchants(self._directory, self._evaluated, self._limits.chunk)
        for _ in self._evaluate(Stage.MERCHANTS, segments, merchants_of, work):
            pass

    def _evaluate(
        self, stage: Stage, segments: list[Segment], keys_of: KeysOf, work: Users | Merchants
    ) -> Iterator[Done]:
        self._meter.begin(stage, sum(sum(segment.sizes) for segment in segments))
        if not segments:
            return
        refile = Refile(self._directory, keys_of, self._limits.spill)
        found = ranges(Filed(segments, self._groups), self._executor, refile, self._limits)
        for done in self._executor.map(work, (Task(number, one) for number, one in enumerate(found))):
            self._totals.take(done)
            self._meter.advance(done.size)
            yield done
        for segment in segments:
            segment.path.unlink()
