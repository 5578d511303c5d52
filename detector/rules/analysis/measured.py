"""What the measures of a window can be: each by itself, and held against the others.

Measures over the same events are bound to each other: a distinct count never exceeds the count, nor the
largest value the sum, since no field is negative. Bounds are handed on along such pairs until none moves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from detector.core.events import FIELDS, FieldKind
from detector.core.measures import singles
from detector.core.rule import Condition, Measure, MeasureKind, Ratio, Watch
from detector.rules.analysis.possible import NOTHING, Numbers, Possible, Words, bounds_of, either
from detector.rules.analysis.selection import Selection, field_in, implies

_COUNT, _SUM, _DISTINCT, _SPAN = MeasureKind.COUNT, MeasureKind.SUM, MeasureKind.DISTINCT, MeasureKind.SPAN
_MAX, _MIN, _LAST = MeasureKind.MAX, MeasureKind.MIN, MeasureKind.LAST
_OF_VALUES = (_MIN, _LAST, _MAX)
_ZERO = Words(among=frozenset((0,)))
_MOST_ROUNDS = 20

Pair = tuple[Measure, Measure]


class Watched(NamedTuple):
    """A selector of a window: what it can match, and whether the event that is looked at is among them."""

    watch: Watch
    selected: Selection
    has_trigger: bool

    def is_part_of(self, other: Watched) -> bool:
        """Whether all events that this one finds in its span, the other finds in its own."""
        in_time = self.watch.within <= other.watch.within and self.watch.before >= other.watch.before
        return in_time and matches_as_well(self.watch, self.selected, other.watch, other.selected)


def matches_as_well(watch: Watch, selected: Selection, other: Watch, others: Selection) -> bool:
    """Whether every event that one selector matches, another matches as well."""
    given, where = watch.selector.where, other.selector.where
    return all(t in others and implies(fields, given, where) for t, fields in selected.items())


class Bounds(NamedTuple):
    """From the least to the most that a measure can be where it is there, and whether it surely is."""

    low: float
    high: float
    is_there: bool

    @property
    def is_impossible(self) -> bool:
        """Whether it is there and can have no value."""
        return self.is_there and self.low > self.high


class Measures:
    """All that is known of the measures of one window.

    Args:
        watched: the window's selectors by name.
        keyed_by: the fields that are the same in all events of a key.
    """

    def __init__(self, watched: Mapping[str, Watched], keyed_by: Iterable[str]) -> None:
        self._watched = dict(watched)
        self._keyed_by = frozenset(keyed_by)
        self._parts = [
            (small, large)
            for small, one in self._watched.items()
            for large, other in self._watched.items()
            if small != large and one.is_part_of(other)
        ]

    def possible(self, measure: Measure | Ratio) -> Possible:
        """What a measure can be, looked at by itself."""
        if isinstance(measure, Measure):
            return self._single(measure)
        known = {single: self._bounds(single) for single in self._related(singles(measure))}
        return _ratio(measure, known, self._pairs(known))

    def can_hold(self, conditions: Iterable[Condition]) -> bool:
        """Whether conditions can hold together, as far as can be told."""
        conditions = list(conditions)
        known = {
            single: self._bounds(single) for c in conditions for single in self._related(singles(c.measure))
        }
        pairs = self._pairs(known)
        for condition in conditions:
            for single in singles(condition.measure):
                known[single] = known[single]._replace(is_there=True)
            if isinstance(condition.measure, Measure):
                possible = self._single(condition.measure).kept_by(condition.comparisons)
                low, high = bounds_of(possible.values)
                _raise(known, condition.measure, low)
                _lower(known, condition.measure, high)
        if not self._settled(known, pairs):
            return False
        return not any(
            _ratio(c.measure, known, pairs).kept_by(c.comparisons).is_empty
            for c in conditions
            if isinstance(c.measure, Ratio)
        )

    def _single(self, measure: Measure) -> Possible:
        watched = self._watched[measure.watch]
        if measure.kind is _COUNT:
            return Possible(Numbers(low=int(watched.has_trigger)))
        if measure.kind is _SPAN:
            # The window is half open: two events that count are less than `within` apart.
            return Possible(Numbers(high=watched.watch.within - watched.watch.before - 1))
        field = self._field(measure)
        is_there = watched.has_trigger and not field.absent
        if measure.kind in _OF_VALUES:
            return Possible(field.values, absent=not is_there)
        if field.values.is_empty:
            return Possible(_ZERO)
        if measure.kind is _DISTINCT:
            return Possible(Numbers(low=int(is_there), high=self._most_distinct(measure, field)))
        return Possible(Numbers(low=bounds_of(field.values)[0] if is_there else 0))

    def _field(self, measure: Measure) -> Possible:
        return either(field_in(self._watched[measure.watch].selected, measure.field or ""))

    def _most_distinct(self, measure: Measure, field: Possible) -> float:
        if measure.field in self._keyed_by:
            return 1
        return math.inf if field.values.listed is None else len(field.values.listed)

    def _bounds(self, measure: Measure) -> Bounds:
        possible = self._single(measure)
        return Bounds(*bounds_of(possible.values), is_there=not possible.absent)

    def _related(self, measures: Iterable[Measure]) -> list[Measure]:
        """The measures and those over the same events, and the same field, that bound them."""
        found: dict[Measure, None] = {}
        for measure in measures:
            kinds = [measure.kind, _COUNT]
            if measure.field is not None:
                kinds += (_DISTINCT, *_OF_VALUES, _SUM) if self._is_number(measure) else (_DISTINCT,)
            for kind in kinds:
                field = None if kind in (_COUNT, _SPAN) else measure.field
                found[Measure(kind=kind, watch=measure.watch, field=field)] = None
        return list(found)

    def _is_number(self, measure: Measure) -> bool:
        fields = [FIELDS[t].get(measure.field or "") for t in self._watched[measure.watch].selected]
        return any(field is not None and field.kind is FieldKind.NUMBER for field in fields)

    def _pairs(self, measures: Iterable[Measure]) -> list[Pair]:
        """Pairs of measures of which the first never exceeds the second, both being there."""
        known = set(measures)
        found = []
        for measure in known:
            kind, watch, field = measure.kind, measure.watch, measure.field
            larger = [
                Measure(kind=k, watch=watch, field=field if f else None) for k, f in _LARGER.get(kind, ())
            ]
            if kind is not _LAST:
                larger += [
                    Measure(kind=kind, watch=small if kind is _MIN else large, field=field)
                    for small, large in self._parts
                    if watch == (large if kind is _MIN else small)
                ]
            found += [(measure, other) for other in larger if other in known]
        return found

    def _settled(self, known: dict[Measure, Bounds], pairs: list[Pair]) -> bool:
        """Hand bounds on until none moves; whether all can still have a value."""
        for _ in range(_MOST_ROUNDS):
            before = dict(known)
            for small, large in pairs:
                if known[small].is_there:
                    _raise(known, large, known[small].low)
                if known[large].is_there:
                    _lower(known, small, known[large].high)
            for measure in list(known):
                self._hand_on(known, measure)
            if any(bounds.is_impossible for bounds in known.values()):
                return False
            if known == before:
                break
        return True

    def _hand_on(self, known: dict[Measure, Bounds], measure: Measure) -> None:
        """What a measure's bounds say of the others over the same events."""
        kind, bounds = measure.kind, known[measure]
        count = Measure(kind=_COUNT, watch=measure.watch)
        if kind is _SPAN:
            if bounds.low > 0:
                _raise(known, count, 2)
            if known[count].high <= 1:
                _lower(known, measure, 0)
        elif kind is _SUM:
            field = self._field(measure)
            low, high = bounds_of(field.values)
            if math.isfinite(known[count].high) and math.isfinite(high):
                _lower(known, measure, known[count].high * high)
            if not field.absent:
                _raise(known, measure, known[count].low * low)
        elif kind is _DISTINCT and known[count].low > 0 and not self._field(measure).absent:
            _raise(known, measure, 1)
        if measure.field is not None and (bounds.low > 0 if kind in (_SUM, _DISTINCT) else bounds.is_there):
            self._note_value(known, measure)

    def _note_value(self, known: dict[Measure, Bounds], measure: Measure) -> None:
        """Some selected event has the field, so there is a value, and a largest and a smallest one."""
        _raise(known, Measure(kind=_DISTINCT, watch=measure.watch, field=measure.field), 1)
        for kind in _OF_VALUES:
            other = Measure(kind=kind, watch=measure.watch, field=measure.field)
            if other in known:
                known[other] = known[other]._replace(is_there=True)


_LARGER: dict[MeasureKind, tuple[tuple[MeasureKind, bool], ...]] = {
    _DISTINCT: ((_COUNT, False),),
    _MIN: ((_LAST, True), (_MAX, True)),
    _LAST: ((_MAX, True),),
    _MAX: ((_SUM, True),),
}


def _raise(known: dict[Measure, Bounds], measure: Measure, low: float) -> None:
    if low > known[measure].low:
        known[measure] = known[measure]._replace(low=low)


def _lower(known: dict[Measure, Bounds], measure: Measure, high: float) -> None:
    if high < known[measure].high:
        known[measure] = known[measure]._replace(high=high)


def _ratio(ratio: Ratio, known: Mapping[Measure, Bounds], pairs: list[Pair]) -> Possible:
    """What a ratio can be: 0 where the divisor is 0; all that is divided here is whole and not negative."""
    above, below = known[ratio.dividend], known[ratio.divisor]
    absent = not (above.is_there and below.is_there)
    if above.low > above.high or below.low > below.high:
        return Possible(NOTHING, absent)
    high = above.high / max(below.low, 1) if below.high > 0 else 0
    low = above.low / below.high if below.low > 0 else 0
    if _never_exceeds(ratio.dividend, ratio.divisor, pairs):
        high = min(high, 1)
    # The least of more events is no more than the least of fewer, but of none there is no least.
    certain = [(a, b) for a, b in pairs if a.kind is not _MIN or a.watch == b.watch]
    if below.low > 0 and _never_exceeds(ratio.divisor, ratio.dividend, certain):
        low = max(low, 1)
    return Possible(Numbers(low=low, high=high, whole=False), absent)


def _never_exceeds(small: Measure, large: Measure, pairs: list[Pair]) -> bool:
    reached = {small}
    while more := {b for a, b in pairs if a in reached and b not in reached}:
        reached |= more
    return large in reached
