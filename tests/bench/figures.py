"""Reads the figures that `python -m bench.quality` writes."""

from __future__ import annotations

import re
from typing import NamedTuple

_SHARE = re.compile(r"(\d+\.\d) % \(([\d,]+) of ([\d,]+); (\d+)-(\d+) %\)")


class Shown(NamedTuple):
    """A ratio as it is shown: in percent, its counts, and the interval around it in percent."""

    percent: float
    hits: int
    of: int
    low: int
    high: int


def shares_in(text: str) -> list[Shown]:
    """All ratios with their counts."""
    return [
        Shown(float(percent), number(hits), number(of), int(low), int(high))
        for percent, hits, of, low, high in _SHARE.findall(text)
    ]


def number(text: str) -> int:
    """A number as it is shown."""
    return int(text.replace(",", ""))


def counts_in(cell: str) -> tuple[int, int]:
    """Both numbers of '3 of 4'; none of '-'."""
    hits, _, of = cell.partition(" of ")
    return (number(hits), number(of)) if of else (0, 0)


def table_under(text: str, heading: str) -> list[list[str]]:
    """The rows of the table below a heading, without its own heading."""
    below = text.partition(f"{heading}\n")[2] if heading else text
    rows = []
    for line in below.splitlines():
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            break
    return rows[2:]
