"""Figures as the report writes them for people: yuan, UTC, spans of time, shares."""

from __future__ import annotations

from detector.core.times import utc

_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))


def yuan(fen: int) -> str:
    """An amount in yuan, from fen: '1,234.50'."""
    return f"{fen // 100:,}.{fen % 100:02}"


def utc_to_the_minute(time: int) -> str:
    """A time (ms since 1970) to the minute, in UTC: '2026-01-31 09:05'."""
    return utc(time, "%Y-%m-%d %H:%M")


def span(duration: int) -> str:
    """A duration in ms in its two largest units: '2 d 3 h', '4 min 20 s'; below a second '350 ms'."""
    parts = []
    rest = duration
    for size, name in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}")
        elif parts:
            break
    return " ".join(parts[:2]) or (f"{duration} ms" if duration else "0 s")


def number(value: float) -> str:
    """A count, or a figure with what follows its point: '12,345', '0.035'."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal, a hyphen where there is none."""
    return "-" if share is None else f"{share:.1%}"
