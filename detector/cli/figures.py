"""Figures as commands print them for people."""

from __future__ import annotations

from detector.replay.share import Share

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def yuan(fen: float) -> str:
    """An amount in yuan, from fen: '1,234.50'."""
    return f"{fen / 100:,.2f}"


def span(seconds: float) -> str:
    """A duration in the largest unit of which it is one: '2.5 h', '40 s'."""
    size, name = next((unit for unit in _UNITS if seconds >= unit[0]), _UNITS[-1])
    return f"{seconds / size:.3g} {name}"


def percent(share: Share) -> str:
    """A share, what it is of, and within what it lies with 95 % confidence: '94.0 % (47 of 50; 84-98 %)'."""
    if share.value is None or share.interval is None:
        return "- (of none)"
    low, high = share.interval
    return f"{100 * share.value:.1f} % ({share.hits:,} of {share.of:,}; {100 * low:.0f}-{100 * high:.0f} %)"
