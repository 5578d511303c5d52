"""Reading of `when`: which measures are compared with what."""

from __future__ import annotations

import math
from collections.abc import Mapping

from detector.core.durations import parse_duration
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
from detector.rules.conditions import fields_of, read_value
from detector.rules.faults import Mark, nearest
from detector.rules.located import Located
from detector.rules.reading import Reading, shown

_OPERATORS = [operator for operator in Operator if operator not in (Operator.EXISTS, *OF_LISTS)]
_ORDERED = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
_OF_NUMBERS = (MeasureKind.SUM, MeasureKind.MAX, MeasureKind.MIN)


def read_when(reading: Reading, node: Located, selectors: Mapping[str, Selector]) -> When:
    """The alternatives of `when`: a list is OR, a mapping is AND."""
    groups = [_read_group(reading, alternative, selectors) for alternative in reading.one_or_more(node)]
    if not groups:
        reading.fault(node.mark, "'when' needs at least one condition")
    return tuple(group for group in groups if group)


def _read_group(reading: Reading, node: Located, selectors: Mapping[str, Selector]) -> tuple[Condition, ...]:
    entries = reading.mapping(node, None, "an alternative of 'when'")
    if isinstance(node.value, dict) and not entries:
        reading.fault(node.mark, "an alternative of 'when' needs at least one condition")
    found = []
    for name, entry in entries.items():
        try:
            measure = parse_measure(name, selectors)
        except BadMeasureError as error:
            reading.fault(entry.mark, str(error))
            continue
        if all([_is_sound(reading, entry.mark, single, selectors) for single in singles(measure)]):
            comparisons = _read_comparisons(reading, entry.node, name, _compared(measure, selectors))
            found.append(Condition(name=name, measure=measure, comparisons=comparisons))
    return tuple(found)


def _is_sound(reading: Reading, mark: Mark, measure: Measure, selectors: Mapping[str, Selector]) -> bool:
    if measure.field is None:
        return True
    fields = fields_of(selectors[measure.watch].events)
    field = fields.get(measure.field)
    if field is None:
        reading.fault(
            mark, f"the selected events have no field '{measure.field}'; {nearest(measure.field, fields)}"
        )
    elif measure.kind in _OF_NUMBERS and field.kind is not FieldKind.NUMBER:
        reading.fault(mark, f"'{measure.kind}' needs a number, but '{measure.field}' is a {field.kind}")
    else:
        return True
    return False


def _compared(measure: Measure | Ratio, selectors: Mapping[str, Selector]) -> Field | None:
    """The field whose values a measure is compared with; None where it is a number or a duration."""
    if isinstance(measure, Measure) and measure.kind is MeasureKind.LAST and measure.field is not None:
        return fields_of(selectors[measure.watch].events)[measure.field]
    return None


def _read_comparisons(
    reading: Reading, node: Located, name: str, field: Field | None
) -> tuple[Comparison, ...]:
    if isinstance(node.value, dict):
        entries = reading.mapping(node, _OPERATORS, f"a condition on '{name}'")
        operands = [(Operator(operator), entry.node) for operator, entry in entries.items()]
    else:
        operands = [(Operator.IN if isinstance(node.value, list) else Operator.EQ, node)]
    return tuple(_read_comparison(reading, operator, operand, name, field) for operator, operand in operands)


def _read_comparison(
    reading: Reading, operator: Operator, node: Located, name: str, field: Field | None
) -> Comparison:
    def read(item: Located) -> Value:
        return _read_number(reading, item, name) if field is None else read_value(reading, item, name, field)

    if operator in _ORDERED and field is not None and field.kind is not FieldKind.NUMBER:
        reading.fault(node.mark, f"'{operator}' compares numbers, but '{name}' is a {field.kind}")
    if operator is Operator.IN:
        return Comparison(operator=operator, value=tuple(read(item) for item in reading.items(node, "'in'")))
    return Comparison(operator=operator, value=read(node))


def _read_number(reading: Reading, node: Located, name: str) -> Value:
    value = node.value
    if name.lstrip().startswith(MeasureKind.SPAN) and "/" not in name:
        return reading.duration(node, f"'{name}'")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return value
    hint = ": only 'span' is a duration" if parse_duration(value) is not None else ""
    reading.fault(node.mark, f"'{name}' is compared with a number, found {shown(node)}{hint}")
    return 0
