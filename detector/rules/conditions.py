"""Reading of `event`, `where` and `when`: which events count, and what of them is compared with what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from detector.core.events import FIELDS, Field, FieldKind
from detector.core.lists import TIERS, BadListError, check_list_name
from detector.core.rule import (
    OF_LISTS,
    Comparison,
    Operator,
    Selector,
    Value,
)
from detector.rules.faults import nearest, quoted
from detector.rules.located import Entry, Located
from detector.rules.meant import meant_comparison, meant_number, meant_text, meant_truth
from detector.rules.reading import LARGEST, Reading, shown

ORDERED = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
KIND_NAMES = {
    FieldKind.NUMBER: "a whole number",
    FieldKind.STRING: "a text",
    FieldKind.BOOLEAN: "true or false",
}


def read_event_types(reading: Reading, node: Located) -> tuple[str, ...]:
    """One event type or a list of them."""
    if node.value == []:
        reading.fault(node.mark, "'event' names no event type")
    found = [reading.word(item, FIELDS, "event type", "") for item in reading.one_or_more(node)]
    return tuple(dict.fromkeys(event_type for event_type in found if event_type))


def read_selector(reading: Reading, entries: Mapping[str, Entry]) -> Selector:
    """The `event` and `where` among the entries of a mapping."""
    events = read_event_types(reading, entries["event"].node) if "event" in entries else ()
    if "where" not in entries:
        return Selector(events=events)
    where = read_where(reading, entries["where"].node, fields_of(events), whose_fields(events))
    return Selector(events=events, where=where)


def whose_fields(events: Collection[str]) -> str:
    """How a fault names the events of these types."""
    return f"{' or '.join(events)} events"


def fields_of(events: Collection[str]) -> dict[str, Field]:
    """Every field that an event of one of these types can have."""
    return {name: field for event_type in events for name, field in FIELDS[event_type].items()}


def read_where(
    reading: Reading, node: Located, fields: Mapping[str, Field], whose: str
) -> dict[str, tuple[Comparison, ...]]:
    """For each named field the comparisons that must all hold."""
    found = {}
    for name, entry in reading.mapping(node, None, "'where'").items():
        field = reading.field(entry.mark, name, fields, whose)
        if field is not None:
            found[name] = _read_comparisons(reading, entry.node, name, field)
    return found


def _read_comparisons(reading: Reading, node: Located, name: str, field: Field) -> tuple[Comparison, ...]:
    if isinstance(node.value, list):
        return (_read_comparison(reading, Operator.IN, node, name, field),)
    if not isinstance(node.value, dict):
        return (_read_comparison(reading, Operator.EQ, node, name, field),)
    entries = reading.operators(node, list(Operator), name)
    return tuple(
        _read_comparison(reading, Operator(operator), entry.node, name, field)
        for operator, entry in entries.items()
    )


def _read_comparison(
    reading: Reading, operator: Operator, node: Located, name: str, field: Field
) -> Comparison:
    if operator is Operator.EXISTS:
        if not isinstance(node.value, bool):
            hint = meant_truth(node)
            reading.fault(node.mark, f"'exists' takes true or false, found {shown(node)}{hint}")
        return Comparison(operator=operator, value=bool(node.value))
    if operator in OF_LISTS:
        return Comparison(operator=operator, value=_read_list_name(reading, operator, node, name, field))
    if operator in ORDERED and field.kind is not FieldKind.NUMBER:
        reading.fault(node.mark, f"'{operator}' compares numbers, but '{name}' is {KIND_NAMES[field.kind]}")
        return Comparison(operator=operator, value=0)
    if operator is Operator.IN:
        values = reading.items(node, f"'in' of '{name}'")
        return Comparison(operator=operator, value=tuple(read_value(reading, v, name, field) for v in values))
    return Comparison(operator=operator, value=read_value(reading, node, name, field))


def _read_list_name(reading: Reading, operator: Operator, node: Located, name: str, field: Field) -> str:
    """The name of a list that a text field is looked up in."""
    if field.kind is not FieldKind.STRING:
        reading.fault(node.mark, f"'{operator}' looks up texts, but '{name}' is {KIND_NAMES[field.kind]}")
    found = reading.text(node, f"'{operator}' of '{name}'")
    if found in TIERS:
        reading.fault(node.mark, f"'{found}' gives tiers: write {{{found}: {TIERS[found][0]}}} instead")
    elif found:
        try:
            check_list_name(found)
        except BadListError as error:
            reading.fault(node.mark, str(error))
        reading.lists.setdefault(found, node.mark)
    return found


def read_value(reading: Reading, node: Located, name: str, field: Field) -> Value:
    """A value that the field can have."""
    value = node.value
    if value is None:
        message = f"'{name}' is compared with nothing: for a field that is absent write {{exists: false}}"
        reading.fault(node.mark, message)
    elif field.choices and value not in field.choices and not isinstance(value, (dict, list)):
        hint = meant_comparison(node.written) or f"; {nearest(node.written, field.choices)}"
        reading.fault(node.mark, f"'{name}' is never {quoted(node.written)}{hint}")
    elif _kind_of(value) is not field.kind:
        hint = _HINTS[field.kind](node, name)
        reading.fault(node.mark, f"'{name}' is {KIND_NAMES[field.kind]}, found {shown(node)}{hint}")
    elif isinstance(value, int) and abs(value) > LARGEST:
        reading.fault(node.mark, f"{quoted(node.written)} is too large: numbers end at {LARGEST}")
    else:
        found: Value = value
        return found
    return ""


_HINTS: dict[FieldKind, Callable[[Located, str], str]] = {
    FieldKind.NUMBER: meant_number,
    FieldKind.STRING: lambda node, _: meant_text(node),
    FieldKind.BOOLEAN: lambda node, _: meant_truth(node),
}


def _kind_of(value: object) -> FieldKind | None:
    if isinstance(value, bool):
        return FieldKind.BOOLEAN
    if isinstance(value, int):
        return FieldKind.NUMBER
    return FieldKind.STRING if isinstance(value, str) else None
