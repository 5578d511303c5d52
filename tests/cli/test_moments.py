"""Times as people name them."""

import pytest

from detector.cli.moments import moment

NOW = 1_767_231_000_000


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("90m", 1_767_225_600_000),
        ("2026-01-01", 1_767_225_600_000),
        ("2026-01-01T00:00Z", 1_767_225_600_000),
        ("2026-01-01T08:00+08:00", 1_767_225_600_000),
        ("2026-01-01T00:00:00.001", 1_767_225_600_001),
        ("99999d", 0),
        ("1969-12-31", 0),
    ],
)
def test_a_time_is_so_long_ago_or_one_of_its_own_in_utc(text: str, named: int) -> None:
    assert moment(text, NOW) == named


@pytest.mark.parametrize("text", ["", "week", "-1d", "7", "2026-13-01"])
def test_what_names_no_time_is_told_what_would(text: str) -> None:
    with pytest.raises(
        ValueError, match=f"^'{text}' is neither a duration such as 7d nor a time such as 2026"
    ):
        moment(text, NOW)
