"""The values of a sweep, as they are written."""

import pytest

from detector.replay.values import AT_MOST, BadValuesError, read_values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("3..6", ("3", "4", "5", "6")),
        ("3..10/3", ("3", "6", "9")),
        ("1000..3000/1000", ("1000", "2000", "3000")),
        ("0.01..0.03", ("0.01", "0.02", "0.03")),
        ("0.1..0.3/0.1", ("0.1", "0.2", "0.3")),
        ("0..0.3/0.15", ("0", "0.15", "0.30")),
        ("5m..15m/5m", ("5m", "10m", "15m")),
        ("50m..2h/10m", ("50m", "1h", "70m", "80m", "90m", "100m", "110m", "2h")),
        ("28s..30s", ("28s", "29s", "30s")),
        ("7", ("7",)),
        ("3, 5,8", ("3", "5", "8")),
        ("3..5,5,20", ("3", "4", "5", "20")),
        ("low,high", ("low", "high")),
        ("5..5", ("5",)),
    ],
)
def test_values_are_counted_from_the_first_to_the_last(text, values):
    assert read_values(text) == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a value is missing"),
        ("3,,5", "a value is missing"),
        ("10..3", "'10..3' runs backwards"),
        ("30m..5m", "'30m..5m' runs backwards"),
        ("3..", "'3..' is no range: write one as"),
        ("3..many", "'3..many' is no range: write one as"),
        ("3..9/0", "'3..9/0' is no range"),
        ("3..9/", "'3..9/' is no range"),
        ("3..9/-1", "'3..9/-1' is no range"),
        ("1..inf", "'1..inf' is no range"),
        ("nan..2", "'nan..2' is no range"),
        ("5m..30", "'5m..30' is no range of durations"),
        ("5m..30m/0s", "'5m..30m/0s' is no range of durations"),
        (f"1..{AT_MOST + 1}", f"over {AT_MOST} values"),
        ("1..1000000000000", f"over {AT_MOST} values"),
    ],
)
def test_what_cannot_be_understood_is_said(text, message):
    with pytest.raises(BadValuesError) as found:
        read_values(text)
    assert str(found.value).startswith(message)


def test_as_many_as_may_be_are_read():
    assert len(read_values(f"1..{AT_MOST}")) == AT_MOST
