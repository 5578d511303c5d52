"""What an alert measured and against what, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from detector.core.alert import Alert
from detector.replay.report.words import number, span, yuan

_SIGNS = {"eq": "=", "ne": "≠", "gt": ">", "gte": "≥", "lt": "<", "lte": "≤", "in": "in"}
_ELAPSED, _WITHIN = ".elapsed", ".within"


class Held(NamedTuple):
    """One measure with its value, and the bounds that it kept or passed."""

    measure: str
    value: str
    bound: str


def held(alert: Alert) -> Iterator[Held]:
    """Each measure of an alert; amounts in yuan, times in words."""
    for name, value in alert.measures.items():
        if name.endswith(_ELAPSED):
            step = name.removesuffix(_ELAPSED)
            within = alert.thresholds.get(step + _WITHIN)
            yield Held(f"{step} after", span(value), "" if within is None else f"≤ {span(within)}")
        else:
            yield Held(name, _written(name, value), _bounds(name, alert.thresholds.get(name, {})))


def _bounds(name: str, comparisons: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{_SIGNS.get(operator, operator)} {_written(name, value)}" for operator, value in comparisons.items()
    )


def _written(name: str, value: Any) -> str:
    if not isinstance(value, (int, float)):
        return str(value)
    # What one measure divided by another is of, its name does not say.
    if "/" not in name and isinstance(value, int):
        if name.startswith("span"):
            return span(value)
        if "amount" in name and not name.startswith(("count", "distinct")):
            return f"{yuan(value)} yuan"
    return number(value)
