"""How much of a backtest is held in memory at a time."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """What bounds the memory of a run, whatever its input is. Sizes are bytes of lines; objects take more.

    Args:
        groups: into how many groups the keys are split at once.
        spill: a process that files lines by group writes them down when it has so many.
        task: about so much is evaluated in one task; more where a single group has more.
        group: a group that has more is split into groups of its own first, as long as its keys allow.
        chunk: of what is evaluated together, so much is decoded at a time.
        piece: of a stream, so much is read before it is filed.
        small: what is less is done in one process: it takes less time than to start others.
        merged: so many sorted runs of alerts are merged at a time, each in a file of its own.
    """

    groups: int = 256
    spill: int = 32 << 20
    task: int = 24 << 20
    group: int = 32 << 20
    chunk: int = 32 << 20
    piece: int = 16 << 20
    small: int = 8 << 20
    merged: int = 128
