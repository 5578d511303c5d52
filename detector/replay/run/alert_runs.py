"""Alerts on disk: sorted runs, and the merging of these into one sequence."""

from __future__ import annotations

import heapq
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from detector.replay.run.errors import spilling

_HEAD = struct.Struct("<QBII")
_READ = 64 << 10


class Spoken(NamedTuple):
    """An alert as bytes, with what orders it: the place of the event that led to it, the scope, the number.

    Of what one event leads to, the alerts of its user's rules come first; each scope numbers its own.
    """

    place: int
    scope: int
    number: int
    alert: bytes


class AlertRuns:
    """Gathers alerts, and writes them down in sorted runs.

    Args:
        stem: what the files are called, with a number behind.
        at_most: so many bytes are held before they are written.
    """

    def __init__(self, stem: Path, at_most: int) -> None:
        self._stem = stem
        self._at_most = at_most
        self._waiting: list[Spoken] = []
        self._held = 0
        self._paths: list[Path] = []

    def add(self, spoken: Spoken) -> None:
        """Take one more, in any order."""
        self._waiting.append(spoken)
        self._held += len(spoken.alert)
        if self._held > self._at_most:
            self._write()

    def written(self) -> list[Path]:
        """The files of all runs, once there are no more alerts."""
        if self._waiting:
            self._write()
        return self._paths

    def _write(self) -> None:
        path = self._stem.with_name(f"{self._stem.name}-{len(self._paths)}")
        _write_run(path, sorted(self._waiting))
        self._paths.append(path)
        self._waiting, self._held = [], 0


def merged(runs: list[Path], directory: Path, at_once: int) -> Iterator[bytes]:
    """The alerts of all runs in order.

    So many files are open at a time; where there are more runs, fewer and longer ones take their place first.
    """
    level = 0
    while len(runs) > at_once:
        runs[:] = list(_fewer(runs, directory / f"{runs[0].name}-{level}", at_once))
        level += 1
    return (spoken.alert for spoken in heapq.merge(*map(_read_run, runs)))


def _fewer(runs: list[Path], stem: Path, at_once: int) -> Iterator[Path]:
    for cut in range(0, len(runs), at_once):
        some = runs[cut : cut + at_once]
        path = stem.with_name(f"{stem.name}-{cut}")
        _write_run(path, heapq.merge(*map(_read_run, some)))
        yield path
        for run in some:
            run.unlink()


def _write_run(path: Path, alerts: Iterable[Spoken]) -> None:
    with spilling(), path.open("wb") as file:
        for place, scope, number, alert in alerts:
            file.write(_HEAD.pack(place, scope, number, len(alert)))
            file.write(alert)


def _read_run(path: Path) -> Iterator[Spoken]:
    with spilling(), path.open("rb", buffering=_READ) as file:
        while head := file.read(_HEAD.size):
            place, scope, number, length = _HEAD.unpack(head)
            yield Spoken(place, scope, number, file.read(length))
