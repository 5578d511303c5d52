"""What the schema of a rule is made of: values, conditions on them, and the `where` of each event type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from detector.core.durations import DURATION
from detector.core.events import EVENT_TYPES, FIELDS, Field, FieldKind
from detector.core.rule import OF_LISTS, Operator
from detector.rules.conditions import ORDERED, fields_of
from detector.rules.reading import LARGEST
from detector.rules.schema import words

Schema = dict[str, Any]

NAME_PATTERN = r"^[^\s.()/{}\[\],:'\"]+$"


def reference(name: str) -> Schema:
    """What a definition says."""
    return {"$ref": f"#/definitions/{name}"}


def described(words_for_it: str, part: Schema) -> Schema:
    """A part with words for it; beside a reference nothing else counts."""
    return {"description": words_for_it, **({"allOf": [part]} if "$ref" in part else part)}


def mapping(keys: Iterable[str], parts: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """A mapping of these keys and no others; each has its part, and its words."""
    properties = {key: described(words.KEYS[key], parts[key]) for key in keys}
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | ({"required": list(required)} if required else {})


def one_or_more(item: Schema) -> Schema:
    """One, or a list of them: told by the shape, so that an editor says what is wrong with that shape."""
    return {"if": {"type": "array"}, "then": _list_of(item), "else": item, **_offered(item)}


def _offered(item: Schema) -> Schema:
    """What an editor offers where nothing is written yet: it looks into `anyOf`, not into `else`."""
    return {"anyOf": [item, {}]} if item.keys() & {"enum", "$ref"} or item.get("type") == "boolean" else {}


DURATION_TEXT: Schema = {
    "type": "string",
    "pattern": f"^{DURATION.pattern}$",
    "examples": ["90s", "10m", "24h", "30d"],
}
EVENT_TYPE: Schema = {
    "type": "string",
    "enum": list(EVENT_TYPES),
    "enumDescriptions": [str(cls.__doc__) for cls in EVENT_TYPES.values()],
}
TEXT: Schema = {"type": "string", "minLength": 1}
NAME: Schema = {"type": "string", "pattern": NAME_PATTERN}


def value_of(field: Field) -> Schema:
    """A value that the field can have."""
    if field.choices:
        return {"type": "string", "enum": list(field.choices)}
    kinds: dict[FieldKind, Schema] = {
        FieldKind.NUMBER: {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST},
        FieldKind.STRING: {"type": "string"},
        FieldKind.BOOLEAN: {"type": "boolean"},
    }
    return kinds[field.kind]


def condition(value: Schema, operators: Iterable[Operator]) -> Schema:
    """A value, a list of some, or operators."""
    value_or_list = {"if": {"type": "array"}, "then": _list_of(value), "else": value}
    by_operators = _operators(value, operators)
    return {"if": {"type": "object"}, "then": by_operators, "else": value_or_list, **_offered(value)}


def field_condition(field: Field) -> Schema:
    """What `where` may say of a field."""
    return condition(value_of(field), [item for item in Operator if _applies(item, field)])


def _applies(operator: Operator, field: Field) -> bool:
    if operator in ORDERED:
        return field.kind is FieldKind.NUMBER
    return operator not in OF_LISTS or field.kind is FieldKind.STRING


def _list_of(value: Schema) -> Schema:
    return {"type": "array", "items": value, "minItems": 1}


def _operators(value: Schema, operators: Iterable[Operator]) -> Schema:
    operands: dict[Operator, Schema] = {
        Operator.IN: _list_of(value),
        Operator.EXISTS: {"type": "boolean"},
        **dict.fromkeys(OF_LISTS, NAME),
    }
    return {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {
            operator.value: {
                "description": words.OPERATORS[operator],
                **operands.get(operator, value),
            }
            for operator in operators
        },
    }


def field_definitions() -> dict[str, Schema]:
    """What `where` may say, by field, by event type, and where there are several types."""
    every = fields_of(FIELDS)
    found = {
        f"field-{name}": {"description": words.FIELDS[name], **field_condition(field)}
        for name, field in every.items()
    }
    found |= {f"where-{event_type}": _where(fields) for event_type, fields in FIELDS.items()}
    return found | {"where": _where(every), "where-step": _where_of_steps(every)}


def _where(fields: Iterable[str]) -> Schema:
    properties = {name: reference(f"field-{name}") for name in fields}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _where_of_steps(fields: Iterable[str]) -> Schema:
    """The fields of the event that fires, or as `step.field` those of a sequence's steps."""
    of_steps = {f"^[^.]+\\.{name}$": reference(f"field-{name}") for name in fields}
    return {**_where(fields), "patternProperties": of_steps}


def by_event_type() -> list[Schema]:
    """That `where` names fields of the event type that stands beside it; of a list, of any of its types."""
    single: list[Schema] = [
        {
            "if": {"properties": {"event": {"const": event_type}}, "required": ["event"]},
            "then": {"properties": {"where": reference(f"where-{event_type}")}},
        }
        for event_type in FIELDS
    ]
    several = {
        "if": {"properties": {"event": {"type": "array"}}},
        "then": {"properties": {"where": reference("where")}},
    }
    return [*single, several]
