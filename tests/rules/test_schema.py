"""The published schemas: of rule files, held against the reader and its mistakes, of events and of alerts."""

import json
import subprocess
import sys
from random import Random

import jsonschema
import msgspec
import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from detector.core.events import Refusal, decode
from detector.core.schemas import alerts_schema, events_schema
from detector.rules.reader import read_rule
from detector.rules.rule_set import CATALOGUE, rule_paths
from detector.rules.schema import rule_schema
from detector.rules.trial import standing_alerts

from ..properties.random_rules import random_rules
from .contradictions import IMPOSSIBLE, POSSIBLE, UNWISE
from .mistakes import GOOD, MISTAKES, STEPS, marked

RULES = jsonschema.Draft7Validator(rule_schema())
EVENTS = jsonschema.Draft202012Validator(events_schema())
ALERTS = jsonschema.Draft202012Validator(alerts_schema())


def parsed(text):
    """A rule file as an editor sees it."""
    return YAML(typ="safe", pure=True).load(text)


def accepts(text):
    return RULES.is_valid(parsed(text))


@pytest.mark.parametrize("validator", [RULES, EVENTS, ALERTS], ids=["rules", "events", "alerts"])
def test_a_schema_is_one_by_its_meta_schema(validator):
    validator.check_schema(validator.schema)


def test_the_schema_for_editors_keeps_to_draft_07():
    later = {
        "$defs",
        "unevaluatedProperties",
        "unevaluatedItems",
        "dependentRequired",
        "dependentSchemas",
        "prefixItems",
        "minContains",
        "$anchor",
    }
    assert not later & set(keys_of(rule_schema()))
    assert [schema["$id"] for schema in (rule_schema(), events_schema(), alerts_schema())] == [
        f"urn:streaming-fraud-detector:schema:{name}" for name in ("rule", "events", "alerts")
    ]


def keys_of(node):
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from keys_of(value)
    elif isinstance(node, list):
        for item in node:
            yield from keys_of(item)


@pytest.mark.parametrize("path", rule_paths(CATALOGUE), ids=lambda path: path.stem)
def test_every_shipped_rule_validates(path):
    assert [error.message for error in RULES.iter_errors(parsed(path.read_text()))] == []


def test_random_rules_over_the_whole_language_validate():
    for seed in range(100):
        for rule in random_rules(Random(seed)):
            assert list(RULES.iter_errors(rule)) == [], rule


@pytest.mark.parametrize("text", [marked(row[1])[0] for row in [*IMPOSSIBLE, *UNWISE, *POSSIBLE]])
def test_what_is_well_written_validates_though_it_may_never_happen(text):
    assert list(RULES.iter_errors(parsed(text))) == []


NOT_SEEN = {
    # what depends on the file's name, or on several places of the file
    "an id that is not the file's name",
    "two steps of one name",
    "a step without a bound",
    "a first step that counts without a bound",
    "unless on the first step",
    "a selector without within",
    "before as long as within",
    "a window of no length",
    "same on a field that a step lacks",
    "a selector that is not there",
    "a selector that is not named",
    "a selector that is not known",
    "a step that is not there",
    # what texts say
    "a text that names no measure",
    "a text that names what when does not compare",
    "a text that reaches into an object",
    "a title that names anything",
    "a text of an override",
    "a brace without its partner",
    "a pair of braces around nothing",
    # what a text is compared with, by which operator
    "an order of last texts",
    # a number is whole, however it is written
    "an exponent",
    # how YAML is written: another reader may take these, and an editor then sees a value
    "a number with a leading zero",
    "an octal number",
    "a hexadecimal number",
    "a merge key",
    "a tag of a type",
    "half a character",
    "an escape that cannot be shown",
    # what only decoding an event refuses
    "an event that would be refused",
}
"""The mistakes that the schema cannot see, or leaves to lint."""


def test_the_schema_sees_the_mistakes_that_a_schema_can_see():
    unseen = set()
    for name, text, _ in MISTAKES:
        try:
            found = parsed(marked(text)[0])
        except YAMLError:
            continue  # An editor says itself what is no YAML.
        except ValueError:
            continue
        if RULES.is_valid(found):
            unseen.add(name)
    assert unseen == NOT_SEEN


def test_every_key_that_the_reader_knows_is_described():
    definitions = rule_schema()["definitions"]
    for name, definition in definitions.items():
        for key, value in definition.get("properties", {}).items():
            found = definitions[value["$ref"].split("/")[-1]] if "$ref" in value else value
            assert found.get("description") or name == "texts", f"{name}.{key}"


@pytest.mark.parametrize("text", [GOOD, STEPS])
def test_what_the_reader_takes_the_schema_takes(text, tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text(text)
    read_rule(path)
    assert accepts(text)


# Events and alerts

DEBIT = {
    "event_id": "e1",
    "type": "debit",
    "event_time": 1,
    "user_id": "u1",
    "amount": 5,
    "currency": "CNY",
    "merchant_id": "m1",
    "auth_method": "none",
}
CHANGES = [
    {},
    {"amount": 0},
    {"amount": -1},
    {"amount": 1.5},
    {"amount": 2**53},
    {"amount": "5"},
    {"amount": None},
    {"card_id": None},
    {"card_id": 5},
    {"user_id": ""},
    {"merchant_id": ""},
    {"event_time": -1},
    {"auth_method": "pin"},
    {"user_tier": "elderly"},
    {"user_tier": "old"},
    {"terminal_certified": "yes"},
    {"type": "debt"},
    {"type": "login"},
    {"something_else": {"a": [1]}},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_the_schema_of_events_takes_what_the_detector_takes(change):
    event = DEBIT | change
    taken = not isinstance(decode(msgspec.json.encode(event)), Refusal)
    assert EVENTS.is_valid(event) == taken


@pytest.mark.parametrize("missing", DEBIT)
def test_the_schema_of_events_needs_what_the_detector_needs(missing):
    event = {name: value for name, value in DEBIT.items() if name != missing}
    assert isinstance(decode(msgspec.json.encode(event)), Refusal)
    assert not EVENTS.is_valid(event)


@pytest.mark.parametrize("path", rule_paths(CATALOGUE), ids=lambda path: path.stem)
def test_the_events_and_alerts_of_the_shipped_rules_validate(path):
    file = read_rule(path)
    seen = 0
    for example in file.examples:
        for event in example.events[:20]:
            assert list(EVENTS.iter_errors(json.loads(msgspec.json.encode(event)))) == []
        for alert in standing_alerts(file.rule, example):
            assert list(ALERTS.iter_errors(json.loads(msgspec.json.encode(alert)))) == []
            seen += 1
    assert seen


@pytest.mark.parametrize("name", ["events", "alerts", "rules"])
def test_the_command_prints_the_schema(name):
    done = subprocess.run(
        [sys.executable, "-m", "detector", "schema", name], capture_output=True, text=True, check=True
    )
    schemas = {"events": events_schema, "alerts": alerts_schema, "rules": rule_schema}
    assert (json.loads(done.stdout), done.stderr) == (schemas[name](), "")
