"""Figures in the words of the report."""

import pytest

from detector.core.times import utc
from detector.replay.report.words import number, percent, span, utc_to_the_minute, yuan

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("fen", "written"), [(0, "0.00"), (5, "0.05"), (123_456, "1,234.56"), (49_000_000_00, "49,000,000.00")]
)
def test_amounts_are_in_yuan(fen: int, written: str):
    assert yuan(fen) == written


@pytest.mark.parametrize(
    ("duration", "written"),
    [
        (0, "0 s"),
        (350, "350 ms"),
        (40 * SECOND, "40 s"),
        (4 * MINUTE + 20 * SECOND, "4 min 20 s"),
        # Only neighbours: an hour and some seconds are an hour.
        (HOUR + 3 * SECOND, "1 h"),
        (26 * HOUR + 5 * MINUTE, "1 d 2 h"),
        (30 * DAY, "30 d"),
    ],
)
def test_durations_are_in_their_two_largest_units(duration: int, written: str):
    assert span(duration) == written


def test_times_are_in_utc_to_the_second():
    assert utc(1_767_225_600_999) == "2026-01-01 00:00:00"


def test_numbers_are_grouped_and_shares_are_percentages():
    assert (number(1_234_567), number(0.03512)) == ("1,234,567", "0.03512")
    assert (percent(0.945), percent(None)) == ("94.5%", "-")


def test_a_time_that_no_calendar_has_is_told_as_it_is():
    assert utc(1_767_225_600_000_000) == "1767225600000000 ms"
    assert utc_to_the_minute(1_767_225_600_000_000) == "1767225600000000 ms"
