"""Nothing that a rule's author writes becomes code: conditions are compiled, but their texts stay outside.

Every source that is compiled is caught here, from rules whose every text tries to break out of it.
"""

import ast
import builtins
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core import predicates
from detector.core.engine import Engine
from detector.core.events import decode
from detector.core.history import Entry, History
from detector.core.rule import (
    Comparison,
    Condition,
    Measure,
    MeasureKind,
    Operator,
    Override,
    Rule,
    Selector,
    Sequence,
    Step,
    Unless,
    Watch,
    Window,
)
from detector.rules.faults import RuleFaultsError
from detector.rules.reader import read_rule
from detector.rules.trial import failures

MARK = "pwned"
BREAKOUTS = [
    f"{MARK}",
    f"__import__('os').system('{MARK}')",
    f"x' or {MARK} or '",
    f'x" or {MARK} or "',
    f"x\n import {MARK}",
    f"x\\n{MARK}",
    f"{{{MARK}}}",
    f"{{0.__class__.__{MARK}__}}",
    f"__{MARK}__",
    f"%({MARK})s",
    f"x;{MARK}()#",
    f"x\u2028{MARK}",
]


def caught_by(patch):
    """Every source that is compiled from now on."""
    caught = []

    def compiled(source, *arguments):
        caught.append(source)
        return builtins.compile(source, *arguments)

    patch.setattr(predicates, "compile", compiled, raising=False)
    return caught


@pytest.fixture
def sources(monkeypatch):
    return caught_by(monkeypatch)


def assert_harmless(sources):
    for source in sources:
        assert MARK not in source
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, (ast.Import, ast.ImportFrom, ast.Global, ast.JoinedStr))
            assert not (isinstance(node, ast.Attribute) and node.attr.startswith("_")), source
            assert not (isinstance(node, ast.Name) and node.id.startswith("__")), source
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))), source


def texts(text):
    """In both languages; braces that name nothing are a mistake of their own."""
    text = text.replace("{", "(").replace("}", ")")
    return {"en": text, "zh": text}


def hostile_rules(text):
    """Rule files in which the text stands wherever a value or text is free."""
    where = {"city": text, "device_id": {"ne": text}, "merchant_id": [text, "m1"], "ip": {"in": [text]}}
    about = {"id": "r", "title": texts(text), "action": text, "cooldown": "0s"}
    test = {
        "name": text,
        "events": [{"at": "0s", "type": "debit", "city": text, "device_id": "d"}],
        "alerts": [],
    }
    yield about | {
        "by": ["user_id", "merchant_id"],
        "window": {"event": ["debit", "instalment"], "where": where, "within": "5m"},
        "when": [{"last(city)": text}, {"last(city)": {"ne": text}}, {"distinct(city)": {"gte": 1}}],
        "overrides": [{"where": {"city": text}, "action": text, "explanation": texts(f"{{city}} {text}")}],
        "tests": [test],
    }
    yield about | {
        "by": "user_id",
        "sequence": {
            "within": "5m",
            "same": "city",
            "steps": [
                {"name": "one", "event": "debit", "where": where},
                {
                    "name": "two",
                    "event": "debit",
                    "where": {"city": text},
                    "unless": {"event": "login", "where": {"city": text}, "same": "city"},
                },
            ],
        },
        "overrides": [{"where": {"one.city": text, "city": {"in": [text]}}, "severity": "high"}],
        "tests": [test],
    }


@pytest.mark.parametrize("text", BREAKOUTS)
def test_no_text_of_a_rule_file_stands_in_what_is_compiled(tmp_path, sources, text):
    for written in hostile_rules(text):
        path = tmp_path / "r.yaml"
        path.write_text(json.dumps(written))
        file = read_rule(path)
        failures(file.rule, file.examples)
    assert len(sources) > 10
    assert_harmless(sources)


DEBIT = decode(
    msgspec.json.encode(
        {
            "type": "debit",
            "event_id": "e1",
            "event_time": 1,
            "user_id": "u1",
            "amount": 5,
            "currency": "CNY",
            "merchant_id": "m1",
            "auth_method": "none",
        }
    )
)
NAMES = st.one_of(st.sampled_from(BREAKOUTS), st.text(max_size=30).map(lambda text: f"{text}{MARK}"))


PLACES = ["key", "by", "where", "measure", "selector", "event", "step", "override"]


@given(st.sampled_from(PLACES), NAMES)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_name_of_a_rule_file_but_those_that_exist_is_accepted(tmp_path_factory, where, name):
    path = tmp_path_factory.getbasetemp() / "r.yaml"
    path.write_text(json.dumps(named(where, name)))
    try:
        rule = read_rule(path).rule
    except RuleFaultsError as error:
        assert "\n" not in error.faults[0].message
        return
    # Only a selector and a step may be called anything, and then by letters and digits.
    assert where in ("selector", "step")
    assert name.replace("-", "_").isidentifier() or name[:1].isdigit()
    with pytest.MonkeyPatch.context() as patch:
        sources = caught_by(patch)
        Engine([rule], 1, 1)
    assert sources
    assert_harmless(sources)


def named(where, name):
    """A rule file in which something is called by that name."""
    window = {"window": {"event": "debit", "within": "5m"}, "when": {"count": 1}}
    select = {"within": "5m", "select": {name: {"event": "debit"}}}
    rules = {
        "key": window | {name: 1},
        "by": window | {"by": ["user_id", name]},
        "where": window | {"window": window["window"] | {"where": {name: 1}}},
        "measure": window | {"when": {f"sum({name})": 1}},
        "selector": {"window": select, "when": {f"count({name})": 1}},
        "event": {"sequence": {"steps": [{"name": "a", "event": name}]}},
        "step": {"sequence": {"steps": [{"name": name, "event": "debit"}]}},
        "override": window | {"overrides": [{"where": {f"one.{name}": 1}, "severity": "high"}]},
    }
    return {"id": "r", "by": "user_id"} | rules[where]


def model_rules(name):
    """Rules that no reader has looked at, with a hostile name wherever there is one."""
    where = {name: (Comparison(operator=Operator.EQ, value=name),)}
    absent = {name: (Comparison(operator=Operator.EXISTS, value=False),)}
    about = {"id": name, "title": texts(name), "explanation": texts(name), "action": name, "cooldown": 0}
    measures = [
        Measure(kind=kind, watch=name, field=None if kind in ("count", "span") else field)
        for kind in MeasureKind
        for field in (name, "amount")
    ]
    when = tuple(
        (Condition(name=name, measure=m, comparisons=(Comparison(operator=Operator.NE, value=name),)),)
        for m in measures
    )
    for selector in (
        Selector(events=("debit",), where=where),
        Selector(events=("debit", "login"), where=absent),
        Selector(events=("debit",)),
    ):
        for by in (("user_id",), ("user_id", name)):
            window = Window(watches={name: Watch(selector=selector, within=5)}, when=when)
            yield Rule(**about, by=by, body=window, overrides=(Override(where=where, action=name),))
            steps = (
                Step(name=name, selector=selector),
                Step(
                    name=f"{name}2",
                    selector=selector,
                    within=5,
                    same=name,
                    distinct=name,
                    unless=Unless(selector=selector, same=name),
                ),
            )
            yield Rule(
                **about, by=by, body=Sequence(steps=steps, same=(name,)), overrides=(Override(where=where),)
            )


@pytest.mark.parametrize("name", BREAKOUTS)
def test_not_even_a_rule_that_no_reader_has_seen_brings_its_names_into_what_is_compiled(sources, name):
    for rule in model_rules(name):
        Engine([rule], 1, 1).observe(History(), Entry(DEBIT, None), 1)
    assert len(sources) > 10
    assert_harmless(sources)
