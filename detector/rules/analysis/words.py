"""How findings speak of comparisons and of what is possible."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from detector.config.values import format_duration
from detector.core.rule import OF_LISTS, Comparison, Operator
from detector.rules.analysis.possible import Possible, Values, bounds_of
from detector.rules.faults import quoted
from detector.rules.reading import LARGEST


def written(comparison: Comparison, is_duration: bool = False) -> str:
    """A comparison as a rule has it: 'gte 5', 'in [A, B]'; existence in plain words."""
    value = comparison.value
    if comparison.operator is Operator.EXISTS:
        return "there" if value else "absent"
    if comparison.operator in OF_LISTS:
        return f"{'not ' if comparison.operator is Operator.NOT_IN_LIST else ''}in the list {value}"
    if isinstance(value, tuple):
        return f"{comparison.operator} [{', '.join(_value(one, is_duration) for one in value)}]"
    return f"{comparison.operator} {_value(value, is_duration)}"


def comparisons_of(comparisons: Iterable[Comparison], is_duration: bool = False) -> str:
    """Comparisons that all hold, in a sentence: 'gte 5 and lt 9'."""
    return " and ".join(written(comparison, is_duration) for comparison in comparisons)


def range_of(values: Values, is_duration: bool = False, names_largest: bool = True) -> str:
    """What a value can be: 'it is at least 0', 'it is one of A, B'."""
    listed = values.listed
    if values.is_empty:
        return "it is never there"
    if listed is not None and len(listed) == 1:
        return f"it is always {_value(next(iter(listed)), is_duration)}"
    low, high = bounds_of(values)
    if low == -math.inf:
        shown = sorted(_value(value, is_duration) for value in listed or ())
        return f"it is one of {', '.join(shown)}" if shown else "it can be any other text"
    if is_duration:
        return f"it is always less than {format_duration(int(high) + 1)}"
    if high == math.inf or (high >= LARGEST and not names_largest):
        return f"it is at least {_value(low, False)}"
    return f"it lies between {_value(low, False)} and {_value(high, False)}"


def either_of(names: Sequence[str]) -> str:
    """Names in a sentence: 'a', 'a or b'."""
    return " or ".join(names)


def contradiction(
    name: str, possible: Possible, comparisons: Sequence[Comparison], at: int, unit: bool
) -> str:
    """Why nothing is left of what something can be at the comparison of that place among its comparisons."""
    culprit = comparisons[at]
    shown = written(culprit, unit)
    if possible.kept(culprit).is_empty:
        is_below = culprit.operator in (Operator.LT, Operator.LTE)
        return f"{quoted(name)} is never {shown}: {range_of(possible.values, unit, not is_below)}"
    for other in comparisons[:at]:
        if possible.kept_by((other, culprit)).is_empty:
            return f"{quoted(name)} cannot be {written(other, unit)} and {shown} at once"
    return f"{quoted(name)} cannot be {shown} beside the conditions before it"


def _value(value: Any, is_duration: bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if is_duration and isinstance(value, int):
        return format_duration(value)
    return f"{value:g}" if isinstance(value, float) else quoted(str(value))[1:-1]
