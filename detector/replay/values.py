"""The values of a sweep as they are written: `3..10`, `0.01..0.05/0.01`, `5m..30m/5m`, `3,5,8`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from detector.config.values import format_duration
from detector.core.durations import parse_duration

AT_MOST = 100
"""How many values a sweep may have: each is a rule that runs over all events."""


class BadValuesError(ValueError):
    """The values of a sweep cannot be understood; the text says why."""


def read_values(text: str) -> tuple[str, ...]:
    """The values that a text stands for, each as it would stand in a rule's file, no value twice.

    `a..b` counts from a to b, both included, `a..b/step` by the step; without one by 1, by one unit of a
    duration, and by the last decimal place of a fraction.

    Raises:
        BadValuesError: a value is missing, a range is none or runs backwards, or there are too many values.
    """
    found: dict[str, None] = {}
    for part in text.split(","):
        for value in _part(part.strip()):
            found[value] = None
            if len(found) > AT_MOST:
                raise BadValuesError(f"over {AT_MOST} values: give a larger step")
    return tuple(found)


def _part(part: str) -> Iterator[str]:
    if not part:
        raise BadValuesError("a value is missing: write values as 3..10 or 3,5,8")
    first, dots, rest = part.partition("..")
    if not dots:
        yield part
        return
    last, slash, step = rest.partition("/")
    if parse_duration(first) is None:
        yield from _numbers(part, first, last, step if slash else None)
    else:
        yield from _durations(part, first, last, step if slash else f"1{first.lstrip('0123456789')}")


def _durations(part: str, *bounds: str) -> Iterator[str]:
    first, last, step = map(parse_duration, bounds)
    if first is None or last is None or not step:
        raise BadValuesError(f"'{part}' is no range of durations: write one as 5m..30m/5m")
    _check_direction(part, first, last)
    yield from map(format_duration, range(first, last + 1, step))


def _numbers(part: str, first: str, last: str, step: str | None) -> Iterator[str]:
    try:
        low, high = Decimal(first), Decimal(last)
        by = Decimal(step) if step is not None else _last_place(low, high)
        if by <= 0 or not all(number.is_finite() for number in (low, high, by)):
            raise InvalidOperation
    except InvalidOperation:
        raise BadValuesError(f"'{part}' is no range: write one as 3..10 or 0.01..0.05/0.01") from None
    _check_direction(part, low, high)
    while low <= high:
        yield f"{low:f}"
        low += by


def _last_place(*numbers: Decimal) -> Decimal:
    places = [number.as_tuple().exponent for number in numbers]
    return Decimal(1).scaleb(min(place for place in (*places, 0) if isinstance(place, int)))


def _check_direction(part: str, first: int | Decimal, last: int | Decimal) -> None:
    if first > last:
        raise BadValuesError(f"'{part}' runs backwards: write the smaller value first")
