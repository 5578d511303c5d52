"""How findings speak of comparisons and of what is possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from detector.config.values import format_duration
from detector.core.rule import Comparison
from detector.rules.analysis.possible import Numbers, Possible, Values, bounds_of
from detector.rules.faults import quoted
from detector.rules.reading import LARGEST

_MOST_LISTED = 8


def written(comparison: Comparison, is_duration: bool = False) -> str:
    """A comparison as a rule has it: 'gte 5', 'in [A, B]'."""
    value = comparison.value
    if isinstance(value, tuple):
        return f"{comparison.operator} [{', '.join(_value(one, is_duration) for one in value)}]"
    return f"{comparison.operator} {_value(value, is_duration)}"


def comparisons_of(comparisons: Iterable[Comparison], is_duration: bool = False) -> str:
    """Comparisons that all hold, in a sentence: 'gte 5 and lt 9'."""
    return " and ".join(written(comparison, is_duration) for comparison in comparisons)


def range_of(values: Values, is_duration: bool = False) -> str:
    """What a value can be: 'it is at least 0', 'it is one of A, B'."""
    listed = values.listed
    if listed is not None and len(listed) == 1:
        return f"it is always {_value(next(iter(listed)), is_duration)}"
    if listed is not None and (not listed or not isinstance(values, Numbers)):
        shown = sorted(_value(value, is_duration) for value in listed)
        return f"it is one of {', '.join(shown[:_MOST_LISTED])}" if shown else "it is never there"
    if not isinstance(values, Numbers):
        return "it can be any other text"
    low, high = bounds_of(values)
    least, most = _value(low, is_duration), _value(high, is_duration)
    if high >= LARGEST:
        return f"it is at least {least}"
    return f"it lies between {least} and {most}"


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
        return f"{quoted(name)} is never {shown}: {range_of(possible.values, unit)}"
    for other in comparisons[:at]:
        if possible.kept(other).kept(culprit).is_empty:
            return f"{quoted(name)} cannot be {written(other, unit)} and {shown} at once"
    return f"{quoted(name)} cannot be {shown} beside the conditions before it"


def _value(value: Any, is_duration: bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if is_duration and isinstance(value, int):
        return format_duration(value)
    return f"{value:g}" if isinstance(value, float) else quoted(str(value))[1:-1]
