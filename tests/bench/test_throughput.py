"""A rate is one only where enough was seen of it."""

import pytest

from bench import throughput
from bench.errors import BenchFailed
from bench.processes import Reading


class Seen:
    """A worker that is looked at twice."""

    def __init__(self, processed: int, seconds: float) -> None:
        self.first = Reading(100.0, processed, 0, 0, 1, 5.0, 0, {"decode": 1.0})
        self.last = Reading(100.0 + seconds, 50_000, 0, 0, 9, 9.0, 0, {"decode": 3.0})

    def read(self) -> Reading:
        return self.first

    def until_done(self, events: int, rekeyed: int, seconds: float, every: float) -> Reading:
        return self.last


def measured(processed: int, seconds: float) -> throughput.Throughput:
    return throughput.measure_throughput(Seen(processed, seconds), "", 50_000, 0)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def without_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput, "redis_cpu", lambda _: 1.0)
    monkeypatch.setattr(throughput, "kafka_cpu", lambda: None)


def test_the_rate_is_of_what_was_done_between_the_looks() -> None:
    found = measured(10_000, 10.0)
    assert (found.events_per_second, found.events_per_cpu_second) == (4_000, 10_000)
    assert found.stage_seconds == {"decode": 2.0}


@pytest.mark.parametrize(("processed", "seconds"), [(12_501, 10.0), (10_000, 2.9)])
def test_a_run_of_which_too_little_is_seen_is_none(processed: int, seconds: float) -> None:
    with pytest.raises(BenchFailed, match="take more --events"):
        measured(processed, seconds)
