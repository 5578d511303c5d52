"""How many events a second a peer takes from a backlog, seen from outside.

The events lie on one topic before the peer starts. It keeps a file that says how many events it has
decided on (`peers/progress.py`, and its like in Java), which is looked at every 50 ms; the CPU time is what
the kernel says of its group of processes, all threads and children included. The clock starts at the first
look that shows events, so that starting, joining a group and opening the state do not count, and stops at
the first that shows all of them and every expected alert on the alert topic. The rate is the events between
the two looks over the time between them. What a peer writes to its state later than that, in its next commit
or checkpoint, is left to it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench.errors import BenchFailed
from bench.kafka import IdReader
from bench.peer_programs import Program, Work
from bench.peers.progress import read_progress
from bench.proc import group_cpu, has_ended
from bench.processes import kafka_cpu, running_peer
from detector.embedded.process import tail_of

_FIRST_EVENT_SECONDS = 90.0
_STALLED_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_LAST_WORDS_SECONDS = 1.0


@dataclass(frozen=True)
class PeerRun:
    """What one run took, in seconds; the CPU of Redis is nothing where there is none at work."""

    events: int
    seconds: float
    cpu_seconds: float
    redis_cpu_seconds: float
    kafka_cpu_seconds: float | None

    @property
    def rate(self) -> float:
        """Events a second by the clock."""
        return self.events / self.seconds

    @property
    def cpu_rate(self) -> float:
        """Events for each second of the CPU of its own processes."""
        return self.events / self.cpu_seconds

    @property
    def whole_cpu_rate(self) -> float:
        """Events for each second of CPU, that of the Redis which holds its state included."""
        return self.events / (self.cpu_seconds + self.redis_cpu_seconds)


class Look(NamedTuple):
    """A moment, how many events were done by then, and the CPU seconds of the peer and of Kafka."""

    at: float
    events: int
    cpu: float
    kafka: float | None


def measure_peer(
    program: Program, bootstrap: str, topic: str, alerts: str, events: int, expected: Collection[str]
) -> PeerRun:
    """Run a peer over a topic that holds so many events; it must raise the expected alerts and no others.

    Raises:
        BenchFailed: it did not start, ended, stopped in its tracks, or raised other alerts.
    """
    with tempfile.TemporaryDirectory(prefix="bench-peer-", ignore_cleanup_errors=True) as folder:
        work = Work(bootstrap, topic, alerts, Path(folder))
        with (
            running_peer(program.name, program.command(work), work.directory, work.progress) as group,
            closing(IdReader(bootstrap, alerts)) as reader,
        ):
            watch = Watch(program.name, work, group, reader)
            first = watch.until(1, (), _FIRST_EVENT_SECONDS)
            check_first(program.name, first.events, events)
            last = watch.until(events, expected, _STALLED_SECONDS)
            watch.settle()
        check_last(program.name, last.events, events, watch.ids, expected)
    return PeerRun(
        events=last.events - first.events,
        seconds=last.at - first.at,
        cpu_seconds=last.cpu - first.cpu,
        redis_cpu_seconds=0.0,
        kafka_cpu_seconds=None if last.kafka is None or first.kafka is None else last.kafka - first.kafka,
    )


class Watch:
    """Looks at a running peer and at the ids of the alerts that have come from it."""

    def __init__(self, name: str, work: Work, group: int, reader: IdReader) -> None:
        self._name = name
        self._work = work
        self._group = group
        self._reader = reader
        self.ids: set[str] = set()

    def until(self, events: int, expected: Collection[str], patience: float) -> Look:
        """The first look that shows so many events, at least, and the ids that are expected.

        `patience` is how many seconds may pass without an event or an alert.

        Raises:
            BenchFailed: they passed, or the peer ended.
        """
        deadline = time.monotonic() + patience
        seen = (-1, -1)
        while True:
            self.ids |= self._reader.take(_LOOK_SECONDS)
            done = read_progress(self._work.progress)
            if done >= events and self.ids.issuperset(expected):
                return Look(time.monotonic(), done, group_cpu(self._group), kafka_cpu())
            # To look through all processes takes CPU that the peer can use.
            if seen == (done, len(self.ids)):
                self._check_alive(done, deadline, expected)
            else:
                seen, deadline = (done, len(self.ids)), time.monotonic() + patience

    def settle(self) -> None:
        """Take the alerts in that are still on their way."""
        deadline = time.monotonic() + _LAST_WORDS_SECONDS
        while time.monotonic() < deadline:
            self.ids |= self._reader.take(_LOOK_SECONDS)

    def _check_alive(self, done: int, deadline: float, expected: Collection[str]) -> None:
        if has_ended(self._group):
            raise BenchFailed(f"{self._name} ended: {tail_of(self._work.log)}")
        if time.monotonic() > deadline:
            missing = len(set(expected) - self.ids)
            raise BenchFailed(
                f"{self._name} came to a stop at {done} events, {missing} alerts missing: "
                f"{tail_of(self._work.log)}"
            )


def check_first(name: str, done: int, events: int) -> None:
    """A rate rests on most of the events.

    Raises:
        BenchFailed: more than a fourth of them was done before the clock started.
    """
    if done > events // 4:
        raise BenchFailed(
            f"{name} had done {done} of {events} events at the first look, which leaves too few for a rate: "
            "take more --events"
        )


def check_last(name: str, done: int, events: int, found: set[str], expected: Collection[str]) -> None:
    """Each event is decided on once, and only the expected alerts are raised.

    Raises:
        BenchFailed: it is not so.
    """
    if done != events:
        raise BenchFailed(f"{name} decided on {done} events where there are {events}: it read some again")
    if extra := found.difference(expected):
        raise BenchFailed(
            f"the alerts of {name} are not those of a backtest over the same events: {len(extra)} too many"
        )
