"""Bins are as fine as a chart can show, and begin at round times."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from detector.replay.report.charts.bins import Bins

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BEGIN = 1_767_225_600_000
times = st.integers(0, 4_000_000_000_000)


@given(st.lists(times, min_size=1, max_size=20))
def test_a_chart_has_61_bins_and_eleven_ticks_at_most_that_hold_every_time(found: list[int]):
    bins = Bins.over(found)
    starts = {bins.start(time) for time in found}
    assert all(start <= time < start + bins.width for time in found for start in [bins.start(time)])
    if max(found) - min(found) <= 60 * 364 * DAY:
        assert (max(starts) - min(starts)) // bins.width <= 60
    assert all(later - earlier >= bins.width for earlier, later in pairwise(bins.ticks))


def test_bins_grow_with_the_span():
    assert Bins.over([BEGIN, BEGIN + HOUR]).width == MINUTE
    assert Bins.over([BEGIN, BEGIN + DAY]).width == 30 * MINUTE
    assert Bins.over([BEGIN, BEGIN + 30 * DAY]).width == 12 * HOUR


def test_ticks_are_round_times_within_the_bins():
    assert Bins.over([BEGIN + 1, BEGIN + 5 * HOUR + 1]).ticks == [BEGIN + n * HOUR for n in range(6)]


def test_one_time_is_one_bin():
    bins = Bins.over([BEGIN])
    assert (bins.start(BEGIN), bins.width) == (BEGIN, 1_000)
