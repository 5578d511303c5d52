"""Inputs of runs, and what a serial backtest makes of them."""

import json
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

import msgspec

from detector.config import StateSettings
from detector.core.lists import Members
from detector.core.rule import Rule
from detector.replay.backtest import Backtest
from detector.replay.recorded.batch import Batch, Recorded
from detector.replay.run.limits import Limits
from detector.replay.run.result import Result
from detector.replay.summary import Summary

from ...core.given import DEFAULTS

TINY = Limits(groups=3, spill=700, task=1_500, group=1_500, chunk=1_500, piece=900, small=1_000, merged=2)
"""So little that a few events take all the ways that millions do."""


class Lines(NamedTuple):
    """A part that is in memory, in batches of a few lines."""

    lines: list[bytes]

    @property
    def size(self) -> int:
        return sum(map(len, self.lines))

    def batches(self) -> Iterator[Batch]:
        for start in range(0, len(self.lines), 3):
            batch = self.lines[start : start + 3]
            yield Batch(batch, sum(map(len, batch)))


def debit(event_id: str, at: int, **fields: Any) -> bytes:
    return json.dumps(DEFAULTS | {"type": "debit", "event_id": event_id, "event_time": at} | fields).encode()


def in_parts(rng: Random, lines: Sequence[bytes]) -> Recorded:
    """The lines cut anywhere into parts."""
    cuts = sorted(rng.randint(0, len(lines)) for _ in range(rng.randint(0, 4)))
    parts = [Lines(list(lines[low:high])) for low, high in zip([0, *cuts], [*cuts, len(lines)], strict=True)]
    return Recorded(parts, None, sum(part.size for part in parts))


def as_stream(lines: Sequence[bytes]) -> Recorded:
    """The lines as they come from somewhere, nobody knows how many."""
    return Recorded((), Lines(list(lines)).batches(), None)


class Shuffled:
    """Runs tasks in an order that has nothing to do with theirs, and pickles all that goes to and fro."""

    workers = 2

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def map(self, work: Callable[[Any], Iterator[Any]], tasks: Iterable[Any]) -> Iterator[Any]:
        waiting = list(tasks)
        self._rng.shuffle(waiting)
        work = _sent(work)
        for task in waiting:
            yield from map(_sent, work(_sent(task)))


def _sent(something: Any) -> Any:
    return pickle.loads(pickle.dumps(something))


def serial(
    rules: Iterable[Rule], lines: Iterable[bytes], state: StateSettings, lists: dict[str, Members]
) -> tuple[list[bytes], Summary]:
    """The alerts as bytes and the numbers of one engine that reads all lines one after the other."""
    test = Backtest(rules, state.allowed_lateness, state.history_cap, lists)
    return [msgspec.json.encode(alert) for alert in test.run(lines)], test.summary


def of_run(result: Result, name: str) -> tuple[list[bytes], Summary]:
    """The same of a run, but for how long it took."""
    summary = result.summaries[name]
    return list(result.lines(name)), summary
