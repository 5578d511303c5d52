"""How many events a second one worker takes from a backlog.

The events lie in Kafka before the worker starts. The worker joins its group, acquires its partitions and
begins; none of that counts. The clock starts at the first look at its metrics (every 10 ms) that shows
processed events, and stops at the first look that shows all of them processed, those that go on to their
merchants there as well, and every alert acknowledged by Kafka. As each look costs the worker time, there is
one a second at most until nineteen of twenty events are done, and one each 50 ms after that. An event is
processed when its round is committed to Redis. The rate is the events between the two looks over the time
between them, each event once; the CPU seconds are those between them, too.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field

from bench.errors import BenchFailed
from bench.processes import Reading, Worker, kafka_cpu, redis_cpu

_FIRST_LOOK_SECONDS = 0.01
_LAST_LOOK_SECONDS = 0.05
_FIRST_EVENT_SECONDS = 60.0
_LEAST_SECONDS = 3.0
"""What a worker had under way at the first look is done soon after it: of a shorter run it would be much."""
_ALL_EVENTS_SECONDS = 1_800.0


@dataclass(frozen=True)
class Throughput:
    """What a worker took; rates are events a second."""

    events: int
    seconds: float
    events_per_second: float
    events_per_cpu_second: float
    worker_cpu_seconds: float
    redis_cpu_seconds: float
    kafka_cpu_seconds: float | None
    rounds: int
    too_late: int
    stage_seconds: dict[str, float]


@dataclass
class Throughputs:
    """All runs over one backlog."""

    runs: list[Throughput] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        """Events a second of each run, by the clock."""
        return [run.events_per_second for run in self.runs]

    @property
    def events_per_second(self) -> float:
        """The median of the rates by the clock."""
        return statistics.median(self.rates)

    @property
    def events_per_cpu_second(self) -> float:
        """The median of the rates for each second of the worker's CPU."""
        return statistics.median(run.events_per_cpu_second for run in self.runs)


def measure_throughput(
    worker: Worker, redis_url: str, events: int, rekeyed: int, head_start: float = 0.25
) -> Throughput:
    """Watch a worker that has just become ready go through a backlog of so many events.

    So many of them, `rekeyed`, go on to their merchants: it is done when these are processed, too. No more
    than the share `head_start` may be done at the first look.
    """
    first = _first_progress(worker)
    if first.processed > events * head_start:
        raise BenchFailed(
            f"{first.processed} of {events} events were done at the first look, "
            "which leaves too few for a rate: take more --events"
        )
    redis_before, kafka_before = redis_cpu(redis_url), kafka_cpu()
    last = worker.until_done(events, rekeyed, _ALL_EVENTS_SECONDS, _LAST_LOOK_SECONDS)
    kafka_after = kafka_cpu()
    if last.at - first.at < _LEAST_SECONDS:
        raise BenchFailed(
            f"{events} events took {last.at - first.at:.1f} s from the first look on, too short for a rate: "
            "take more --events, or more --matrix-events"
        )
    return _between(
        first,
        last,
        redis_cpu(redis_url) - redis_before,
        None if kafka_after is None or kafka_before is None else kafka_after - kafka_before,
    )


def _first_progress(worker: Worker) -> Reading:
    deadline = time.monotonic() + _FIRST_EVENT_SECONDS
    while time.monotonic() < deadline:
        reading = worker.read()
        if reading.processed:
            return reading
        time.sleep(_FIRST_LOOK_SECONDS)
    raise BenchFailed(f"the worker processed nothing in {_FIRST_EVENT_SECONDS:g} s")


def _between(first: Reading, last: Reading, redis_seconds: float, kafka_seconds: float | None) -> Throughput:
    events, seconds, cpu = last.processed - first.processed, last.at - first.at, last.cpu - first.cpu
    return Throughput(
        events=events,
        seconds=seconds,
        events_per_second=events / seconds,
        events_per_cpu_second=events / cpu,
        worker_cpu_seconds=cpu,
        redis_cpu_seconds=redis_seconds,
        kafka_cpu_seconds=kafka_seconds,
        rounds=last.rounds - first.rounds,
        too_late=last.too_late,
        stage_seconds={stage: spent - first.stages.get(stage, 0.0) for stage, spent in last.stages.items()},
    )
