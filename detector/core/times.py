"""Times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

_TO_THE_SECOND = "%Y-%m-%d %H:%M:%S"


def utc(time: int, form: str = _TO_THE_SECOND) -> str:
    """A time (ms since 1970) in UTC, to the second: '2026-01-31 09:05:00'; one behind all calendars as it is.

    An event may say any time: who writes microseconds means the year 58,000.
    """
    try:
        return f"{datetime.fromtimestamp(time / 1000, UTC):{form}}"
    except (ValueError, OverflowError, OSError):
        return f"{time} ms"
