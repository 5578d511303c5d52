"""The names of measures, as rules and texts write them: `count`, `sum(amount)`, `span(base)`, `A / B`."""

from __future__ import annotations

import re
from collections.abc import Collection

from detector.core.rule import Measure, MeasureKind, Ratio

ONLY = ""
"""The name of a window's selector where it has only one, which carries no name."""

_MEASURE = re.compile(r"\s*(?P<kind>[a-z]+)\s*(?:\(\s*(?P<argument>[^()]*?)\s*\))?\s*")
WITHOUT_FIELD = (MeasureKind.COUNT, MeasureKind.SPAN)


class BadMeasureError(ValueError):
    """A measure's name that means nothing; the message says what was found and what was meant."""


def parse_measure(name: str, watches: Collection[str]) -> Measure | Ratio:
    """The measure of that name over the named selectors: `[ONLY]` where there is one without a name."""
    dividend, slash, divisor = name.partition("/")
    if not slash:
        return _parse_single(name, watches)
    return Ratio(dividend=_parse_single(dividend, watches), divisor=_parse_single(divisor, watches))


def _parse_single(text: str, watches: Collection[str]) -> Measure:
    found = _MEASURE.fullmatch(text)
    kinds = [kind.value for kind in MeasureKind]
    if found is None or found["kind"] not in kinds:
        raise BadMeasureError(
            f"'{text.strip()}' is not a measure; measures are {', '.join(kinds)}, or a ratio 'A / B'"
        )
    kind = MeasureKind(found["kind"])
    argument = found["argument"] or ""
    if kind in WITHOUT_FIELD:
        return Measure(kind=kind, watch=_watch_of(text, argument, watches))
    watch, dot, field = argument.rpartition(".")
    if not field:
        raise BadMeasureError(f"'{text.strip()}' needs a field: '{kind}(amount)'")
    return Measure(kind=kind, watch=_watch_of(text, watch if dot else "", watches), field=field)


def _watch_of(text: str, name: str, watches: Collection[str]) -> str:
    if name in watches:
        return name
    if ONLY in watches:
        raise BadMeasureError(
            f"'{text.strip()}' names the selector '{name}', but the window has only one, unnamed"
        )
    known = ", ".join(watches)
    if not name:
        raise BadMeasureError(f"'{text.strip()}' does not say over which selector; the window has {known}")
    raise BadMeasureError(f"'{text.strip()}' names the selector '{name}'; the window has {known}")


def singles(measure: Measure | Ratio) -> tuple[Measure, ...]:
    """The measures that make up a measure: itself, or a ratio's two."""
    return (measure,) if isinstance(measure, Measure) else (measure.dividend, measure.divisor)
