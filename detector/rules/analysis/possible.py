"""What a value can be: small sets of numbers, or of words, that conditions narrow.

Where a set cannot be told exactly it is told too large: what is empty here is empty.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from detector.core.events import FIELDS, Field, FieldKind
from detector.core.predicates import compares
from detector.core.rule import OF_LISTS, Comparison, Operator
from detector.rules.reading import LARGEST

Set = frozenset[Any]
_NONE: Set = frozenset()
_FEW = 100


class Numbers(NamedTuple):
    """The numbers from `low` to `high`, both included unless they are `open`, `without` some."""

    low: float = 0
    high: float = math.inf
    low_is_open: bool = False
    high_is_open: bool = False
    whole: bool = True
    without: Set = _NONE

    def __contains__(self, value: object) -> bool:
        return (
            isinstance(value, (int, float))
            and not (self.whole and value != int(value))
            and (value > self.low or (value == self.low and not self.low_is_open))
            and (value < self.high or (value == self.high and not self.high_is_open))
            and value not in self.without
        )

    @property
    def is_empty(self) -> bool:
        """Whether no number is left."""
        if self.low > self.high or (self.low == self.high and self.low not in self):
            return True
        return self.listed is not None and not self.listed

    @property
    def listed(self) -> Set | None:
        """All of them, where they are few enough to be told."""
        if not self.whole or self.high - self.low > _FEW:
            return None
        return frozenset(n for n in range(math.ceil(self.low), math.floor(self.high) + 1) if n in self)

    def bounded(self, operator: Operator, value: float) -> Numbers:
        """Those that compare so with a value; for the four operators that order."""
        is_open = operator in (Operator.GT, Operator.LT)
        if operator in (Operator.GT, Operator.GTE):
            if (value, is_open) <= (self.low, self.low_is_open):
                return self
            return self._replace(low=value, low_is_open=is_open)._closed()
        if (-value, is_open) <= (-self.high, self.high_is_open):
            return self
        return self._replace(high=value, high_is_open=is_open)._closed()

    def _closed(self) -> Numbers:
        """With bounds that are included, where the numbers are whole."""
        if not self.whole:
            return self
        low, high = self.low, self.high
        if math.isfinite(low):
            low = math.floor(low) + 1 if self.low_is_open else math.ceil(low)
        if math.isfinite(high):
            high = math.ceil(high) - 1 if self.high_is_open else math.floor(high)
        return Numbers(low, high, whole=True, without=self.without)


class Words(NamedTuple):
    """Some texts or truth values (numbers too, once they are told one by one), or all but some."""

    among: Set | None = None
    without: Set = _NONE

    def __contains__(self, value: object) -> bool:
        return value not in self.without if self.among is None else value in self.among

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left."""
        return self.among is not None and not self.among

    @property
    def listed(self) -> Set | None:
        """All of them, where they can be told."""
        return self.among


Values = Numbers | Words
NOTHING = Words(among=_NONE)


class Possible(NamedTuple):
    """What a field or a measure can be, and whether it can be absent."""

    values: Values
    absent: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it can be nothing at all, not even absent."""
        return self.values.is_empty and not self.absent

    def kept(self, comparison: Comparison) -> Possible:
        """What of it compares as told."""
        if comparison.operator is Operator.EXISTS:
            return Possible(self.values) if comparison.value else Possible(NOTHING, self.absent)
        return Possible(_kept(self.values, comparison))

    def kept_by(self, comparisons: Iterable[Comparison]) -> Possible:
        """What of it compares as told by all."""
        found = self
        listed: set[tuple[Operator, Any]] = set()
        for comparison in comparisons:
            found = found.kept(comparison)
            opposite = _OPPOSITE_LISTS.get(comparison.operator)
            if (opposite, comparison.value) in listed:
                return Possible(NOTHING)
            if opposite is not None:
                listed.add((comparison.operator, comparison.value))
        return found

    def always(self, comparison: Comparison) -> bool:
        """Whether a comparison holds whatever it is; of a list nobody knows."""
        return comparison.operator not in OF_LISTS and self.is_within(self.kept(comparison))

    def is_within(self, other: Possible) -> bool:
        """Whether whatever it can be, the other can be too."""
        return (other.absent or not self.absent) and _is_within(self.values, other.values)

    def meets(self, other: Possible) -> bool:
        """Whether both can have the same value."""
        if self.values.is_empty or other.values.is_empty:
            return False
        for one, another in ((self.values, other.values), (other.values, self.values)):
            if one.listed is not None:
                return any(value in another for value in one.listed)
        if isinstance(self.values, Numbers) and isinstance(other.values, Numbers):
            return (
                not self.values.bounded(Operator.GTE, other.values.low)
                .bounded(Operator.LTE, other.values.high)
                .is_empty
            )
        return True


def _kept(values: Values, comparison: Comparison) -> Values:
    operator, operand = comparison.operator, comparison.value
    if operator is Operator.EQ:
        return _chosen(values, (operand,))
    if operator is Operator.IN and isinstance(operand, tuple):
        return _chosen(values, operand)
    if values.listed is not None:
        return Words(among=frozenset(value for value in values.listed if _may_compare(value, comparison)))
    if operator is Operator.NE:
        return values._replace(without=values.without | {operand})
    if operator in _ORDERED and isinstance(values, Numbers) and isinstance(operand, (int, float)):
        return values.bounded(operator, operand)
    return values


# Who is in a list nobody knows before it runs; but nobody is in it and not in it.
_OPPOSITE_LISTS = {Operator.IN_LIST: Operator.NOT_IN_LIST, Operator.NOT_IN_LIST: Operator.IN_LIST}
_ORDERED = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)


def _may_compare(value: Any, comparison: Comparison) -> bool:
    return comparison.operator in OF_LISTS or compares(value, comparison)


def _chosen(values: Values, wanted: Iterable[Any]) -> Values:
    return Words(among=frozenset(value for value in wanted if value in values))


def _is_within(some: Values, others: Values) -> bool:
    if some.is_empty:
        return True
    if some.listed is not None:
        return all(value in others for value in some.listed)
    if isinstance(some, Numbers) and isinstance(others, Numbers) and some.whole >= others.whole:
        narrowed = some.bounded(*_least(others)).bounded(*_most(others))
        return narrowed == some and all(value not in some for value in others.without)
    if isinstance(some, Words) and isinstance(others, Words):
        return others.among is None and others.without <= some.without
    return False


def _least(numbers: Numbers) -> tuple[Operator, float]:
    return (Operator.GT if numbers.low_is_open else Operator.GTE), numbers.low


def _most(numbers: Numbers) -> tuple[Operator, float]:
    return (Operator.LT if numbers.high_is_open else Operator.LTE), numbers.high


def either(several: Iterable[Possible]) -> Possible:
    """What is one of several; numbers between the several are not told apart."""
    several = list(several)
    values = [one.values for one in several if not one.values.is_empty]
    return Possible(_union(values), any(one.absent for one in several) or not several)


def _union(several: list[Values]) -> Values:
    if len(several) <= 1:
        return several[0] if several else NOTHING
    lists = [values.listed for values in several]
    if all(listed is not None for listed in lists):
        return Words(among=frozenset(value for listed in lists if listed is not None for value in listed))
    if any(isinstance(values, Numbers) for values in several):
        bounds = [bounds_of(values) for values in several]
        return Numbers(min(low for low, _ in bounds), max(high for _, high in bounds))
    excluded = frozenset.intersection(
        *(values.without for values in several if isinstance(values, Words) and values.among is None)
    )
    return Words(without=frozenset(value for value in excluded if not any(value in v for v in several)))


def bounds_of(values: Values) -> tuple[float, float]:
    """The least and the greatest of some numbers; the least above the greatest where there are none.

    What is no number has no bounds.
    """
    if values.is_empty:
        return math.inf, -math.inf
    if isinstance(values, Numbers):
        return values.low, values.high
    listed = values.among or ()
    if not listed or not all(type(value) in (int, float) for value in listed):
        return -math.inf, math.inf
    return min(listed), max(listed)


def possible_field(event_type: str, name: str) -> Possible:
    """What a field of an event of that type can be."""
    field = FIELDS[event_type].get(name)
    return Possible(NOTHING, absent=True) if field is None else Possible(_values_of(field), field.optional)


def _values_of(field: Field) -> Values:
    if field.choices:
        return Words(among=frozenset(field.choices))
    if field.kind is FieldKind.BOOLEAN:
        return Words(among=frozenset((True, False)))
    return Numbers(high=LARGEST) if field.kind is FieldKind.NUMBER else Words()
