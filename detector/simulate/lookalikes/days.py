"""Which day it is in China."""

from __future__ import annotations

from datetime import UTC, date, datetime

from detector.simulate.spans import HOUR, SECOND

_AHEAD_OF_UTC = 8 * HOUR
_SATURDAY = 5


def is_working_day(midnight: int) -> bool:
    """Whether schools are open on the day that begins at a midnight in China; no holidays but weekends."""
    return _date(midnight).weekday() < _SATURDAY


def is_first_of_month(midnight: int) -> bool:
    """Whether a month begins at a midnight in China."""
    return _date(midnight).day == 1


def _date(midnight: int) -> date:
    return datetime.fromtimestamp((midnight + _AHEAD_OF_UTC) / SECOND, UTC).date()
