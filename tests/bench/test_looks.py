"""How seldom a worker at work is looked at."""

import pytest

from bench.looks import Looks


def looks_at(rate: float, total: int, every: float = 0.05) -> list[float]:
    """The times of all looks at a worker of that many events a second, the last of which shows the end."""
    looks, times = Looks(total, every), [0.0]
    while (done := int(times[-1] * rate)) < total:
        times.append(times[-1] + looks.pause(times[-1], done))
    return times


def test_a_long_run_is_looked_at_each_second() -> None:
    times = looks_at(20_000, 1_000_000)
    assert len([at for at in times if at < 40]) < 45


@pytest.mark.parametrize("total", [20_000, 60_000, 1_000_000])
def test_the_end_is_seen_within_the_shortest_pause(total: int) -> None:
    assert looks_at(20_000, total)[-1] <= total / 20_000 + 0.051


def test_a_worker_that_gets_twice_as_fast_is_not_missed() -> None:
    looks = Looks(100_000, 0.05)
    looks.pause(0.0, 0)
    slow = looks.pause(1.0, 90_000 // 2)
    assert slow * 90_000 < 100_000 - 45_000


def test_a_worker_that_does_nothing_yet_is_looked_at_often() -> None:
    looks = Looks(100, 0.05)
    assert [looks.pause(at, 0) for at in (0.0, 5.0)] == [0.05, 0.05]
