"""Folding: what is left of the events of a key that has had too many, as sliding-window counters.

Events beyond a history's cap are folded into time buckets, for each selector and span that a window rule
measures. A bucket is as long as 1/60 of that span. A folded event counts as if it had happened when its
bucket began; nothing else about it is changed, so counts, sums, the greatest and the least are those of the
events with their times rounded down. Distinct values are counted in a sample.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from detector.core.events import Event
from detector.core.folded import MOST_SAMPLED, Cells, Folded, Key, Sample
from detector.core.rule import Measure, MeasureKind, Watch
from detector.core.selection import Selection

BUCKETS_PER_SPAN = 60
MOST_CELLS = 20_000
"""The most buckets that one fold keeps over all its keys; beyond it the keys that were idle longest go."""


class _Column(NamedTuple):
    name: str
    kind: MeasureKind
    field: str | None


_COUNT = _Column("count", MeasureKind.COUNT, None)
_KEPT_IN_CELLS = (MeasureKind.SUM, MeasureKind.MAX, MeasureKind.MIN, MeasureKind.LAST)


class Fold:
    """How the events of one selection are folded for the windows that share a resolution.

    `resolution` is the length of a bucket, `keeps` how long a bucket is kept; both in ms.
    """

    def __init__(self, selection: Selection, resolution: int) -> None:
        self.selection = selection
        self.resolution = resolution
        self.keeps = 0
        self.name = f"{selection.digest}/{resolution}"
        self._columns: list[_Column] = [_COUNT]
        self._distinct: list[str] = []

    @property
    def samples_any(self) -> bool:
        """Whether some window asks for distinct values."""
        return bool(self._distinct)

    def serve(self, within: int, measures: Iterable[Measure]) -> None:
        """Be ready for a window that looks back `within` ms and takes these measures."""
        self.keeps = max(self.keeps, within)
        for measure in measures:
            if measure.kind is MeasureKind.DISTINCT and measure.field not in self._distinct:
                self._distinct.append(measure.field or "")
            column = _Column(f"{measure.kind}:{measure.field}", measure.kind, measure.field)
            if measure.kind in _KEPT_IN_CELLS and column not in self._columns:
                self._columns.append(column)

    def take(self, folded: Folded, events: Iterable[Event]) -> None:
        """Fold events: they count in their buckets from now on."""
        by_key = folded.cells.setdefault(self.name, {})
        for event in events:
            key = self.selection.key_of(event)
            if key is not None:
                cells = by_key.get(key)
                if cells is None:
                    cells = by_key[key] = Cells([], {})
                self._add(cells, event)

    def note(self, folded: Folded, event: Event) -> None:
        """Sample the values of an event, folded or not; safe to repeat."""
        key = self.selection.key_of(event)
        if key is None:
            return
        for field in self._distinct:
            value = getattr(event, field, None)
            if value is not None:
                samples = folded.samples.setdefault(f"{self.name}/{field}", {})
                sample = samples.get(key)
                if sample is None:
                    sample = samples[key] = Sample(seen={})
                sample.note(value, event.event_time // self.resolution)

    def tidy(self, folded: Folded, newest: int, allowed_lateness: int) -> None:
        """Let go of what no window can reach any more, and of the idlest keys beyond the bounds."""
        oldest = newest - self.keeps - allowed_lateness - self.resolution
        by_key = folded.cells.get(self.name, {})
        for cells in by_key.values():
            surplus = bisect_left(cells.starts, oldest)
            del cells.starts[:surplus]
            for column in cells.columns.values():
                del column[:surplus]
        _drop_idle(by_key, MOST_CELLS, lambda cells: len(cells.starts), lambda cells: cells.starts[-1])
        for field in self._distinct:
            samples = folded.samples.get(f"{self.name}/{field}", {})
            for sample in samples.values():
                sample.forget(oldest // self.resolution)
            _drop_idle(samples, 2 * MOST_SAMPLED, lambda sample: len(sample.seen), _last_seen)

    def cells(self, folded: Folded, key: Key) -> Cells:
        """The buckets of a key; none where nothing of it was folded."""
        return folded.cells.get(self.name, {}).get(key) or Cells()

    def distinct(self, folded: Folded, key: Key, field: str, after: int, upto: int) -> int:
        """How many values the buckets hold that begin later than `after` and not later than `upto` (ms)."""
        sample = folded.samples.get(f"{self.name}/{field}", {}).get(key)
        return 0 if sample is None else sample.count(after // self.resolution + 1, upto // self.resolution)

    def _add(self, cells: Cells, event: Event) -> None:
        starts = cells.starts
        start = event.event_time // self.resolution * self.resolution
        at = len(starts) if not starts or start > starts[-1] else bisect_left(starts, start)
        is_new = at == len(starts) or starts[at] != start
        for name, kind, field in self._columns:
            column = cells.columns.get(name)
            if column is None:
                # A rule that came later measures more: of what was folded before nothing is known.
                column = cells.columns[name] = [_NOTHING.get(kind)] * len(starts)
            if is_new:
                column.insert(at, _NOTHING.get(kind))
            column[at] = together(kind, column[at], 1 if field is None else getattr(event, field, None))
        if is_new:
            starts.insert(at, start)


_NOTHING: dict[MeasureKind, int] = {MeasureKind.COUNT: 0, MeasureKind.SUM: 0}
_Kept = TypeVar("_Kept", Cells, Sample)


class Folds:
    """All folds of an engine: one for each selection and resolution that its windows need."""

    def __init__(self, allowed_lateness: int) -> None:
        self._lateness = allowed_lateness
        self._known: dict[str, Fold] = {}

    def of(self, selection: Selection, watch: Watch, measures: Iterable[Measure]) -> Fold:
        """The fold that serves a window's selector and its measures."""
        resolution = max(1, (watch.within - watch.before) // BUCKETS_PER_SPAN)
        fold = Fold(selection, resolution)
        fold = self._known.setdefault(fold.name, fold)
        fold.serve(watch.within, measures)
        return fold

    def take(self, folded: Folded, events: list[Event]) -> None:
        """Fold events."""
        for fold in self._known.values():
            fold.take(folded, events)

    def tidy(self, folded: Folded, newest: int) -> None:
        """Let go of what no window can reach any more, and of what belongs to no fold any more."""
        for fold in self._known.values():
            fold.tidy(folded, newest, self._lateness)
        folded.cells = {name: kept for name, kept in folded.cells.items() if name in self._known and kept}
        folded.samples = {
            name: kept
            for name, kept in folded.samples.items()
            if name.rpartition("/")[0] in self._known and kept
        }

    def note(self, folded: Folded, event: Event) -> None:
        """Sample the values of an event."""
        for fold in self._known.values():
            if fold.samples_any:
                fold.note(folded, event)


def together(kind: MeasureKind, earlier: Any, later: Any) -> Any:
    """A measure over earlier and later events from what each of both gave; None is of nothing."""
    if earlier is None or later is None:
        return later if earlier is None else earlier
    if kind in (MeasureKind.COUNT, MeasureKind.SUM):
        return earlier + later
    if kind is MeasureKind.LAST:
        return later
    return max(earlier, later) if kind is MeasureKind.MAX else min(earlier, later)


def _drop_idle(
    by_key: dict[Key, _Kept], most: int, size: Callable[[_Kept], int], last: Callable[[_Kept], int]
) -> None:
    """Keep the keys that were busy last, so many that their sizes stay below `most` in all."""
    for key in [key for key, kept in by_key.items() if not size(kept)]:
        del by_key[key]
    total = sum(size(kept) for kept in by_key.values())
    if total <= most:
        return
    for key in sorted(by_key, key=lambda key: last(by_key[key])):
        total -= size(by_key.pop(key))
        if total <= most:
            return


def _last_seen(sample: Sample) -> int:
    return sample.base + max(sample.seen.values()).bit_length()
