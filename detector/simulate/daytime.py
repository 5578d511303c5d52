"""Day and night in China: when things happen."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate

from detector.simulate.spans import DAY, HOUR

_AHEAD_OF_UTC = 8
# How much goes on in each hour of the day, from midnight on: least at four, most at noon and in the evening.
_BY_HOUR = (14, 8, 5, 3, 3, 6, 17, 36, 50, 55, 58, 66, 72, 62, 56, 56, 59, 66, 76, 78, 74, 64, 46, 27)
_FROM_UTC_MIDNIGHT = _BY_HOUR[_AHEAD_OF_UTC:] + _BY_HOUR[:_AHEAD_OF_UTC]
_BOUNDS = list(accumulate(_FROM_UTC_MIDNIGHT))


def time_of_day(share: float) -> int:
    """The time since midnight UTC, in ms, by which that share (0 to 1) of a day's life has happened."""
    amount = share * _BOUNDS[-1]
    hour = bisect(_BOUNDS, amount)
    return int((hour + 1 - (_BOUNDS[hour] - amount) / _FROM_UTC_MIDNIGHT[hour]) * HOUR)


def within_a_day_after(begin: int, share: float) -> int:
    """A time in the 24 hours after `begin`; `share` is drawn from 0 to 1, and busy hours get more of them."""
    at = begin // DAY * DAY + time_of_day(share)
    return at if at > begin else at + DAY


def since_utc_midnight(hour: int) -> int:
    """The time since midnight UTC, in ms, of a full hour (0 to 23) of the day in China."""
    return (hour - _AHEAD_OF_UTC) % 24 * HOUR
