"""Durations: as rules and settings write them (`90s`, `10m`, `24h`, `30d`), and in words."""

from __future__ import annotations

import re

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
DURATION = re.compile(r"(\d{1,9})(ms|s|m|h|d)")


def parse_duration(text: object) -> int | None:
    """A duration in ms; None where the text is none."""
    found = DURATION.fullmatch(text) if isinstance(text, str) else None
    return int(found[1]) * _UNITS[found[2]] if found else None


_WORDS = (
    (86_400_000, "day", "days", "天"),
    (3_600_000, "hour", "hours", "小时"),
    (60_000, "minute", "minutes", "分钟"),
    (1_000, "second", "seconds", "秒"),
)


def in_words(duration: int, language: str) -> str:
    """A duration in ms in the largest unit that says it in whole numbers: '10 minutes', '10分钟'."""
    for size, one, many, chinese in _WORDS:
        if duration >= size and duration % size == 0:
            count = duration // size
            return f"{count}{chinese}" if language == "zh" else f"{count} {one if count == 1 else many}"
    return f"{duration}毫秒" if language == "zh" else f"{duration} ms"
