"""The schema of a rule file as a whole."""

from __future__ import annotations

from detector.core.events import FIELDS
from detector.core.rule import Mode, Severity
from detector.core.texts import LANGUAGES
from detector.rules.conditions import fields_of
from detector.rules.examples import EVENT_KEYS, EXPECTED_KEYS, MOST_REPEATS, REQUIRED_KEYS
from detector.rules.overrides import OVERRIDE_KEYS
from detector.rules.reader import KEY_FIELDS, KEYS
from detector.rules.schema import words
from detector.rules.schema.parts import (
    DURATION_TEXT,
    EVENT_TYPE,
    NAME,
    TEXT,
    Schema,
    by_event_type,
    described,
    field_definitions,
    mapping,
    one_or_more,
    reference,
    value_of,
)
from detector.rules.schema.whens import when_definitions
from detector.rules.sequences import SEQUENCE_KEYS, STEP_KEYS, UNLESS_KEYS
from detector.rules.windows import ONE_KEYS, SELECTOR_KEYS, SEVERAL_KEYS

_ANY_WHERE: Schema = {"type": "object"}
_SEVERITY: Schema = {"type": "string", "enum": [item.value for item in Severity]}
_COUNT: Schema = {"type": "integer", "minimum": 1}
_ONE_FIELD: Schema = {"type": "string", "enum": list(fields_of(FIELDS))}


def rule_schema() -> Schema:
    """The JSON Schema (draft-07) of a rule file.

    It knows words, shapes and the fields of each event type. What depends on several places at once, such as
    the selectors that measures name, only `detector rules lint` sees.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "urn:streaming-fraud-detector:schema:rule",
        "title": "A rule of the fraud detector",
        "description": "One rule with its tests. 'detector rules lint' checks more than this schema can.",
        **mapping(KEYS, _top_parts(), required=("id", "by")),
        "oneOf": [
            {"required": ["window", "when"], "not": {"required": ["sequence"]}},
            {
                "required": ["sequence"],
                "not": {"anyOf": [{"required": ["window"]}, {"required": ["when"]}]},
                "properties": {"overrides": {"items": {"not": {"required": ["when"]}}}},
            },
        ],
        "definitions": {
            "texts": _texts(),
            "event": one_or_more(EVENT_TYPE),
            "window": _window(),
            "selector": _selector(SELECTOR_KEYS, required=("event",)),
            "sequence": _sequence(),
            "step": _step(),
            "unless": _selector(UNLESS_KEYS, required=("event",)),
            "override": _override(),
            "test": _test(),
            "test-event": _test_event(),
            "expected": _expected(),
            **when_definitions(),
            **field_definitions(),
            **_test_events(),
        },
    }


def _top_parts() -> dict[str, Schema]:
    return {
        "id": TEXT,
        "title": reference("texts"),
        "explanation": reference("texts"),
        "severity": _SEVERITY,
        "action": TEXT,
        "mode": {"type": "string", "enum": [item.value for item in Mode]},
        "by": _by(),
        "window": reference("window"),
        "when": reference("when"),
        "sequence": reference("sequence"),
        "overrides": {"type": "array", "items": reference("override"), "minItems": 1},
        "cooldown": DURATION_TEXT,
        "tests": {"type": "array", "items": reference("test"), "minItems": 1},
    }


def _texts() -> Schema:
    return {
        "type": "object",
        "properties": dict.fromkeys(LANGUAGES, TEXT),
        "required": list(LANGUAGES),
        "additionalProperties": False,
    }


def _by() -> Schema:
    of_user: Schema = {
        "type": "array",
        "items": [{"const": "user_id"}],
        "additionalItems": {"type": "string", "enum": KEY_FIELDS},
        "minItems": 1,
        "uniqueItems": True,
    }
    return {
        "if": {"type": "array"},
        "then": {"anyOf": [of_user, {"const": ["merchant_id"]}]},
        "else": {"type": "string", "enum": ["user_id", "merchant_id"]},
    }


def _selector(keys: tuple[str, ...], required: tuple[str, ...]) -> Schema:
    parts = {
        "event": reference("event"),
        "where": _ANY_WHERE,
        "within": DURATION_TEXT,
        "before": DURATION_TEXT,
        "same": _ONE_FIELD,
    }
    return mapping(keys, parts, required) | {"allOf": by_event_type()}


def _window() -> Schema:
    selectors: Schema = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": NAME,
        "additionalProperties": reference("selector"),
    }
    several = mapping(SEVERAL_KEYS, {"select": selectors, "within": DURATION_TEXT}, required=("select",))
    # An editor offers what stands here, whichever of the two forms it is going to be.
    offered = {key: {"description": words.KEYS[key]} for key in dict.fromkeys((*ONE_KEYS, *SEVERAL_KEYS))}
    return {
        "type": "object",
        "properties": offered,
        "if": {"required": ["select"]},
        "then": several,
        "else": _selector(ONE_KEYS, required=("event", "within")),
    }


def _sequence() -> Schema:
    parts = {
        "steps": {"type": "array", "items": reference("step"), "minItems": 1},
        "within": DURATION_TEXT,
        "same": one_or_more(_ONE_FIELD),
    }
    return mapping(SEQUENCE_KEYS, parts, required=("steps",))


def _step() -> Schema:
    parts = {
        "name": NAME,
        "event": reference("event"),
        "where": _ANY_WHERE,
        "within": DURATION_TEXT,
        "at_least": _COUNT,
        "distinct": _ONE_FIELD,
        "same": _ONE_FIELD,
        "unless": reference("unless"),
        "alert": _SEVERITY,
    }
    return mapping(STEP_KEYS, parts, required=("name", "event")) | {"allOf": by_event_type()}


def _override() -> Schema:
    parts = {
        "where": reference("where-step"),
        "when": reference("when"),
        "severity": _SEVERITY,
        "action": TEXT,
        "explanation": reference("texts"),
    }
    return mapping(OVERRIDE_KEYS, parts, required=("where",))


def _test() -> Schema:
    parts = {
        "name": TEXT,
        "events": {"type": "array", "items": reference("test-event"), "minItems": 1},
        "alerts": {"type": "array", "items": reference("expected")},
        "lists": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": TEXT},
        },
    }
    return mapping((*REQUIRED_KEYS, "lists"), parts, required=REQUIRED_KEYS)


def _test_event() -> Schema:
    """An event of a test: what may stand in it depends on its type."""
    return {
        "type": "object",
        "properties": {"type": {"description": words.KEYS["type"], **EVENT_TYPE}},
        "required": ["at", "type"],
        "allOf": [
            {
                "if": {"properties": {"type": {"const": event_type}}, "required": ["type"]},
                "then": reference(f"event-{event_type}"),
            }
            for event_type in FIELDS
        ],
    }


def _test_events() -> dict[str, Schema]:
    parts = {
        "at": DURATION_TEXT,
        "type": EVENT_TYPE,
        "repeat": {"type": "integer", "minimum": 1, "maximum": MOST_REPEATS},
        "every": DURATION_TEXT,
    }
    found: dict[str, Schema] = {}
    for name, field in fields_of(FIELDS).items():
        value, words_for_it = value_of(field), words.FIELDS[name]
        found[f"value-{name}"] = described(words_for_it, value)
        found[f"optional-{name}"] = described(words_for_it, {"anyOf": [value, {"type": "null"}]})
    for event_type, fields in FIELDS.items():
        event = mapping(EVENT_KEYS, parts)
        for name, field in fields.items():
            event["properties"][name] = reference(f"{'optional' if field.optional else 'value'}-{name}")
        found[f"event-{event_type}"] = event
    return found


def _expected() -> Schema:
    parts = {
        "at": DURATION_TEXT,
        "severity": _SEVERITY,
        "action": TEXT,
        "user_id": TEXT,
        "merchant_id": TEXT,
    }
    words_for = words.KEYS | words.FIELDS
    properties = {key: described(words_for[key], parts[key]) for key in EXPECTED_KEYS}
    return {"type": "object", "properties": properties, "required": ["at"], "additionalProperties": False}
