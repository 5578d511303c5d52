"""Reading of `when`: which measures are compared with what."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from detector.core.events import Field, FieldKind
from detector.core.measures import BadMeasureError, parse_measure, singles
from detector.core.rule import (
    OF_LISTS,
    Comparison,
    Condition,
    Measure,
    MeasureKind,
    Operator,
    Ratio,
    Selector,
    Value,
    When,
)
from detector.rules.conditions import KIND_NAMES, fields_of, read_value, whose_fields
from detector.rules.faults import Mark, quoted
from detector.rules.located import Located
from detector.rules.meant import meant_condition, meant_number
from detector.rules.reading import LARGEST, Reading, shown

OPERATORS = [operator for operator in Operator if operator not in (Operator.EXISTS, *OF_LISTS)]
_ORDERED = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
OF_NUMBERS = (MeasureKind.SUM, MeasureKind.MAX, MeasureKind.MIN)


def read_when(reading: Reading, node: Located, selectors: Mapping[str, Selector]) -> When:
    """The alternatives of `when`: a list is OR, a mapping is AND."""
    groups = [_read_group(reading, alternative, selectors) for alternative in reading.one_or_more(node)]
    if not groups:
        reading.fault(node.mark, "'when' needs at least one condition")
    return tuple(group for group in groups if group)


def _read_group(reading: Reading, node: Located, selectors: Mapping[str, Selector]) -> tuple[Condition, ...]:
    if isinstance(node.value, str) and (hint := meant_condition(node.value)):
        reading.fault(node.mark, f"an alternative of 'when' must be a mapping, found {shown(node)}{hint}")
        return ()
    entries = reading.mapping(node, None, "an alternative of 'when'")
    if isinstance(node.value, dict) and not entries:
        reading.fault(node.mark, "an alternative of 'when' needs at least one condition")
    found = []
    for name, entry in entries.items():
        try:
            measure = parse_measure(name, selectors)
        except BadMeasureError as error:
            reading.fault(entry.mark, f"{error}{_AVERAGE if _is_average(name) else ''}")
            continue
        if all([_is_sound(reading, entry.mark, single, selectors) for single in singles(measure)]):
            if isinstance(measure, Ratio) and not _is_of_numbers(reading, entry.mark, measure, selectors):
                continue
            comparisons = _read_comparisons(reading, entry.node, name, _Compared.of(measure, selectors))
            found.append(Condition(name=name, measure=measure, comparisons=comparisons))
    return tuple(found)


_AVERAGE = "; an average is the ratio 'sum(amount) / count'"


def _is_average(name: str) -> bool:
    return name.lstrip().startswith(("avg", "mean", "average"))


def _is_sound(reading: Reading, mark: Mark, measure: Measure, selectors: Mapping[str, Selector]) -> bool:
    if measure.field is None:
        return True
    events = selectors[measure.watch].events
    field = reading.field(mark, measure.field, fields_of(events), whose_fields(events))
    if field is None:
        return False
    if measure.kind in OF_NUMBERS and field.kind is not FieldKind.NUMBER:
        hint = f"; 'distinct({measure.field})' counts its values"
        message = f"'{measure.kind}' needs a number, but '{measure.field}' is {KIND_NAMES[field.kind]}{hint}"
        reading.fault(mark, message)
        return False
    return True


def _is_of_numbers(reading: Reading, mark: Mark, ratio: Ratio, selectors: Mapping[str, Selector]) -> bool:
    for single in singles(ratio):
        field = _field_of_last(single, selectors)
        if field is not None and field.kind is not FieldKind.NUMBER:
            message = f"a ratio divides numbers, but '{single.field}' is {KIND_NAMES[field.kind]}"
            reading.fault(mark, message)
            return False
    return True


def _field_of_last(measure: Measure, selectors: Mapping[str, Selector]) -> Field | None:
    """The field whose value a measure is; None where it is computed from several."""
    if measure.kind is not MeasureKind.LAST or measure.field is None:
        return None
    return fields_of(selectors[measure.watch].events).get(measure.field)


class _Compared(NamedTuple):
    """What a measure is compared with: values of a field, durations, fractions, or else whole numbers."""

    field: Field | None
    is_duration: bool
    is_fraction: bool

    @classmethod
    def of(cls, measure: Measure | Ratio, selectors: Mapping[str, Selector]) -> _Compared:
        if isinstance(measure, Ratio):
            return cls(None, False, True)
        return cls(_field_of_last(measure, selectors), measure.kind is MeasureKind.SPAN, False)


def _read_comparisons(
    reading: Reading, node: Located, name: str, compared: _Compared
) -> tuple[Comparison, ...]:
    if isinstance(node.value, dict):
        entries = reading.operators(node, OPERATORS, name)
        operands = [(Operator(operator), entry.node) for operator, entry in entries.items()]
    else:
        operands = [(Operator.IN if isinstance(node.value, list) else Operator.EQ, node)]
    return tuple(
        _read_comparison(reading, operator, operand, name, compared) for operator, operand in operands
    )


def _read_comparison(
    reading: Reading, operator: Operator, node: Located, name: str, compared: _Compared
) -> Comparison:
    def read(item: Located) -> Value:
        if compared.field is not None:
            return read_value(reading, item, name, compared.field)
        if compared.is_duration:
            return reading.duration(item, f"'{name}'")
        return _read_number(reading, item, name, compared.is_fraction)

    field = compared.field
    if operator in _ORDERED and field is not None and field.kind is not FieldKind.NUMBER:
        reading.fault(node.mark, f"'{operator}' compares numbers, but '{name}' is {KIND_NAMES[field.kind]}")
        return Comparison(operator=operator, value=0)
    if operator is Operator.IN:
        return Comparison(operator=operator, value=tuple(read(item) for item in reading.items(node, "'in'")))
    return Comparison(operator=operator, value=read(node))


def _read_number(reading: Reading, node: Located, name: str, is_fraction: bool) -> Value:
    value = node.value
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)
    if is_number and abs(value) > LARGEST:
        reading.fault(node.mark, f"{quoted(node.written)} is too large: numbers end at {LARGEST}")
        return 0
    if is_number and (is_fraction or value == int(value)):
        found: Value = value
        return found
    kind = "a whole number" if is_number else "a number"
    reading.fault(
        node.mark, f"'{name}' is compared with {kind}, found {shown(node)}{meant_number(node, name)}"
    )
    return 0
