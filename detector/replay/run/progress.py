"""How far a run is, as one number over all that it does."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple


class Stage(StrEnum):
    """What a run is about."""

    READING = "reading"
    USERS = "users"
    MERCHANTS = "merchants"


class Progress(NamedTuple):
    """How far a run is.

    Args:
        stage: what it is about.
        share: how much of all its work is done, from 0 to 1; None while that cannot be told.
        read: how many events were read.
        events: how many the work that is done comes to; the same as were read when all is done.
    """

    stage: Stage
    share: float | None
    read: int
    events: int


Watch = Callable[[Progress], None]
"""Is told again and again how far a run is."""

_SPANS = {Stage.READING: (0.0, 0.08), Stage.USERS: (0.08, 0.75), Stage.MERCHANTS: (0.75, 1.0)}
"""Where each stage begins and ends, by what it costs with the shipped rules."""


class Meter:
    """Tells how far a run is."""

    def __init__(self, watch: Watch | None) -> None:
        self.stage = Stage.READING
        self._read = 0
        self._watch = watch
        self._done = 0
        self._total: int | None = None

    @property
    def share(self) -> float | None:
        """How much of the stage is done, from 0 to 1; None where there is no telling."""
        if self._total is None:
            return None
        return min(1.0, self._done / self._total) if self._total else 1.0

    def begin(self, stage: Stage, total: int | None) -> None:
        """A stage begins, with so much to do in whatever unit."""
        self.stage, self._done, self._total = stage, 0, total
        self._tell()

    def read(self, events: int) -> None:
        """So many more events were read."""
        self._read += events

    def advance(self, done: int) -> None:
        """So much more is done of the stage."""
        self._done += done
        self._tell()

    def _tell(self) -> None:
        if self._watch is not None:
            self._watch(self._progress())

    def _progress(self) -> Progress:
        if self.share is None:
            return Progress(self.stage, None, self._read, 0)
        begin, end = _SPANS[self.stage]
        share = begin + (end - begin) * self.share
        # While reading, as many as were read are a share of all that there will be.
        events = self._read * (end if self.stage is Stage.READING else share)
        return Progress(self.stage, share, self._read, round(events))
