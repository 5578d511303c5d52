"""Measures of a window over a long history: by binary search in a selection, and over what was folded."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from detector.core.folded import Cells, Folded, Key
from detector.core.folding import Folds, together
from detector.core.history import History
from detector.core.rule import Measure, MeasureKind, Watch
from detector.core.selection import Selected, Selection

_Read = Callable[[Selected, int, int], Any]


class Measured:
    """One watch of a window rule with its measures, taken from the selection that it shares."""

    def __init__(self, watch: Watch, measures: Sequence[Measure], selection: Selection, folds: Folds) -> None:
        self._watch = watch
        self._measures = tuple(measures)
        self._selection = selection
        self._fold = folds.of(selection, watch, measures)
        self._reads = [_reader(measure.kind, selection.column(measure)) for measure in measures]

    def at(self, history: History, index: int, key: Key) -> tuple[Any, ...]:
        """The measures for the trigger at an index of the history, over the events of the key."""
        selected, low, high = self._span(history, index, key)
        found = tuple([read(selected, low, high) for read in self._reads])
        after, upto = history.times[index] - self._watch.within, history.times[index] - self._watch.before
        folded = history.folded
        if folded is None or folded.floor[0] <= after:
            return found
        ends = [selected.times[low], selected.times[high - 1]] if high > low else []
        return self._with_folded(found, ends, folded, key, after, upto)

    def since(self, history: History, index: int, end: int, key: Key) -> list[int]:
        """The indices of the events selected for a key, from `index` to `end`."""
        return self._selection.between(history, key, index, end)

    def places(self, history: History, index: int, key: Key) -> list[int]:
        """The indices of the events that are measured for the trigger at an index."""
        selected, low, high = self._span(history, index, key)
        return selected.at[low:high]

    def _span(self, history: History, index: int, key: Key) -> tuple[Selected, int, int]:
        """The selected events of the key, and which of them lie in the window of the trigger."""
        selected = self._selection.of(history, key)
        times, now = selected.times, history.times[index]
        high = len(times) if index + 1 == len(history.times) else bisect_right(selected.at, index)
        if self._watch.before:
            high = min(high, bisect_right(times, now - self._watch.before))
        return selected, min(high, bisect_right(times, now - self._watch.within)), high

    def _with_folded(
        self, found: tuple[Any, ...], ends: list[int], folded: Folded, key: Key, after: int, upto: int
    ) -> tuple[Any, ...]:
        """The measures over the events that are still there, from the first to the last, and the buckets."""
        cells = self._fold.cells(folded, key)
        span = cells.between(after, upto)
        values = []
        for measure, value in zip(self._measures, found, strict=True):
            if measure.kind is MeasureKind.DISTINCT:
                value = self._fold.distinct(folded, key, measure.field or "", after, upto)  # noqa: PLW2901
            elif measure.kind is MeasureKind.SPAN:
                times = cells.starts[span] + ends
                value = times[-1] - times[0] if times else 0  # noqa: PLW2901
            else:
                value = together(measure.kind, _folded_value(measure, cells, span), value)  # noqa: PLW2901
            values.append(value)
        return tuple(values)


def _reader(kind: MeasureKind, column: int | None) -> _Read:
    """How a measure is read from the selected events between two places."""
    if kind is MeasureKind.COUNT:
        return lambda selected, low, high: high - low
    if kind is MeasureKind.SPAN:
        return lambda selected, low, high: selected.times[high - 1] - selected.times[low] if high > low else 0
    assert column is not None
    if kind is MeasureKind.SUM:
        return lambda selected, low, high: selected.columns[column][high] - selected.columns[column][low]
    reduce = _REDUCE[kind]
    return lambda selected, low, high: reduce(_present(selected.columns[column][low:high]))


def _present(values: list[Any]) -> list[Any]:
    return [value for value in values if value is not None]


_REDUCE: dict[MeasureKind, Callable[[list[Any]], Any]] = {
    MeasureKind.DISTINCT: lambda values: len(set(values)),
    MeasureKind.MAX: lambda values: max(values, default=None),
    MeasureKind.MIN: lambda values: min(values, default=None),
    MeasureKind.LAST: lambda values: values[-1] if values else None,
}


def _folded_value(measure: Measure, cells: Cells, span: slice) -> Any:
    """What the buckets of a span hold of a measure that adds up, or is the greatest, least or last."""
    name = "count" if measure.kind is MeasureKind.COUNT else f"{measure.kind}:{measure.field}"
    values = _present(cells.columns.get(name, [])[span])
    if measure.kind in (MeasureKind.COUNT, MeasureKind.SUM):
        return sum(values)
    return _REDUCE[measure.kind](values)
