"""A rule file's mistakes: each is named at its line and column, with what was meant; a good file has none."""

import re
from time import perf_counter

import pytest

from detector.core.rule import (
    Comparison,
    Measure,
    MeasureKind,
    Mode,
    Operator,
    Override,
    Ratio,
    Selector,
    Sequence,
    Severity,
    Step,
    Unless,
    Watch,
    Window,
)
from detector.rules.faults import RuleFaultsError
from detector.rules.located import MAX_FILE_BYTES
from detector.rules.reader import read_rule

MINUTE = 60_000

HEAD = "id: r\nby: user_id\n"
WINDOW = "window: {event: debit, within: 10m}\n"
WHEN = "when: {count: {gte: 2}}\n"
GOOD = HEAD + WINDOW + WHEN
STEPS = (
    HEAD
    + "sequence:\n  steps:\n    - {name: one, event: login}\n    - {name: two, event: debit, within: 5m}\n"
)


@pytest.fixture
def write(tmp_path):
    def written(content, name="r.yaml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def faults_of(path):
    with pytest.raises(RuleFaultsError) as raised:
        read_rule(path)
    return raised.value.faults


def marked(text):
    """A text without its mark `@`, and the line and column at which that stood."""
    before, _, after = text.partition("@")
    return before + after, (before.count("\n") + 1, len(before) - before.rfind("\n"))


# `@` stands where the fault is
MISTAKES = [
    ("an unknown key", GOOD + "@colour: red\n", "a rule has no 'colour'; known here: id, title"),
    ("a misspelt key", GOOD + "@severty: high\n", "did you mean 'severity'?"),
    ("a missing id", "@by: user_id\n" + WINDOW + WHEN, "a rule needs 'id'"),
    ("a missing by", "@id: r\n" + WINDOW + WHEN, "a rule needs 'by'"),
    (
        "an id that is not the file's name",
        GOOD.replace("id: r", "id: @other", 1),
        "differs from the file's name 'r'",
    ),
    ("an id that is a list", GOOD.replace("id: r", "id: @[r]", 1), "'id' must be a text, found a list"),
    (
        "a key that is no field",
        GOOD.replace("user_id", "@user", 1),
        "'user' is no field to key by; did you mean 'user_id'?",
    ),
    (
        "a key that begins otherwise",
        GOOD.replace("user_id", "@[merchant_id, user_id]"),
        "'by' must be user_id",
    ),
    (
        "a key by merchant and more",
        GOOD.replace("user_id", "@[merchant_id]").replace("]", ", device_id]"),
        "merchant_id alone",
    ),
    ("neither window nor sequence", "@" + HEAD, "either 'window' with 'when', or 'sequence'"),
    ("both", "@" + STEPS + WINDOW + WHEN, "either 'window' with 'when', or 'sequence'"),
    ("a window without when", HEAD + "@" + WINDOW, "a window needs 'when'"),
    ("a sequence with when", STEPS + "@" + WHEN, "'when' belongs to a window"),
    ("a window without within", HEAD + "window: @{event: debit}\n" + WHEN, "a window needs 'within'"),
    ("a window of no length", HEAD + "window: @{event: debit, within: 0s}\n" + WHEN, "longer than nothing"),
    (
        "a bad duration",
        GOOD.replace("10m", "@10 minutes"),
        "a duration such as 90s, 10m, 24h or 30d, found '10 minutes'",
    ),
    ("a duration without a unit", GOOD + "cooldown: @30\n", "'cooldown' must be a duration"),
    (
        "an unknown event type",
        GOOD.replace("debit", "@debt"),
        "'debt' is no event type; did you mean 'debit'?",
    ),
    ("no event", HEAD + "window: @{within: 10m}\n" + WHEN, "'window' needs 'event'"),
    (
        "an unknown field",
        GOOD.replace("debit,", "debit, where: {@amuont: 5},"),
        "debit events have no field 'amuont'; did you mean 'amount'?",
    ),
    (
        "a word that the field never is",
        GOOD.replace("debit,", "debit, where: {auth_method: @pasword},"),
        "'auth_method' is never 'pasword'; did you mean 'password'?",
    ),
    (
        "one of a list that it never is",
        GOOD.replace("debit,", "debit, where: {auth_method: [otp, @x]},"),
        "'auth_method' is never 'x'",
    ),
    (
        "a text for a number",
        GOOD.replace("debit,", "debit, where: {amount: @five},"),
        "'amount' is a whole number, found 'five'",
    ),
    (
        "a number for a text",
        GOOD.replace("debit,", "debit, where: {city: @5},"),
        "'city' is a text, found '5'",
    ),
    (
        "a word for a truth value",
        GOOD.replace("debit,", "debit, where: {terminal_certified: @yes},"),
        "true or false, found 'yes'",
    ),
    (
        "an order of texts",
        GOOD.replace("debit,", "debit, where: {city: {gt: @A}},"),
        "'gt' compares numbers, but 'city' is a text",
    ),
    (
        "an unknown operator",
        GOOD.replace("debit,", "debit, where: {amount: {@gtr: 5}},"),
        "did you mean 'gt'?",
    ),
    (
        "exists with a word",
        GOOD.replace("debit,", "debit, where: {amount: {exists: @no}},"),
        "'exists' takes true or false, found 'no'",
    ),
    (
        "in without a list",
        GOOD.replace("debit,", "debit, where: {amount: {in: @5}},"),
        "'in' of 'amount' must be a list",
    ),
    (
        "where that is no mapping",
        GOOD.replace("debit,", "debit, where: @amount,"),
        "'where' must be a mapping",
    ),
    (
        "an unknown measure",
        GOOD.replace("count", "@total"),
        "'total' is not a measure; measures are count, sum",
    ),
    ("a sum of nothing", GOOD.replace("count", "@sum"), "'sum' needs a field: 'sum(amount)'"),
    ("a sum of texts", GOOD.replace("count", "@sum(city)"), "'sum' needs a number, but 'city' is a string"),
    (
        "a sum of an unknown field",
        GOOD.replace("count", "@sum(amout)"),
        "no field 'amout'; did you mean 'amount'?",
    ),
    ("half a ratio", GOOD.replace("count", "@count / "), "'' is not a measure"),
    ("a selector that is not there", GOOD.replace("count", "@count(x)"), "the window has only one, unnamed"),
    (
        "a number as text",
        GOOD.replace("gte: 2", "gte: @two"),
        "'count' is compared with a number, found 'two'",
    ),
    ("a truth value as a number", GOOD.replace("gte: 2", "gte: @true"), "'count' is compared with a number"),
    ("a count against a duration", GOOD.replace("gte: 2", "gte: @2m"), "only 'span' is a duration"),
    (
        "a span against a number",
        GOOD.replace("count: {gte: 2}", "span: {gte: @2}"),
        "'span' must be a duration",
    ),
    (
        "an order of last texts",
        GOOD.replace("count: {gte: 2}", "last(city): {gte: @A}"),
        "'gte' compares numbers",
    ),
    ("exists of a measure", GOOD.replace("gte: 2", "@exists: true"), "has no 'exists'"),
    ("no condition", GOOD.replace("{count: {gte: 2}}", "@[]"), "'when' needs at least one condition"),
    ("an empty alternative", GOOD.replace("{count: {gte: 2}}", "[@{}]"), "needs at least one condition"),
    ("an unknown severity", GOOD + "severity: @hihg\n", "'hihg' is no severity; did you mean 'high'?"),
    ("an unknown mode", GOOD + "mode: @on\n", "'on' is no mode"),
    ("a text in one language", GOOD + "title: @{en: Burst}\n", "'title' needs 'zh'"),
    ("a text in a third", GOOD + "title: {en: a, zh: b, @fr: c}\n", "'title' has no 'fr'"),
    ("an empty text", GOOD + "title: {en: @'', zh: b}\n", "'title' must be a text"),
    (
        "a text that names no measure",
        GOOD + "explanation: {en: a, zh: @'{cuont}'}\n",
        "the text names 'cuont', which is no measure or field here; did you mean 'count'?",
    ),
    (
        "a text with a format that is none",
        GOOD + "explanation: {en: a, zh: @'{count:yaun}'}\n",
        "the text names 'count:yaun', which is no measure or field here",
    ),
    ("a title that names anything", GOOD + "title: {en: @'{count}', zh: b}\n", "a title can name nothing"),
    (
        "overrides that are no list",
        GOOD + "overrides: @{where: {amount: 5}}\n",
        "'overrides' must be a list, found a mapping",
    ),
    ("an override without where", GOOD + "overrides: [@{severity: high}]\n", "an override needs 'where'"),
    (
        "an override of what cannot be",
        GOOD + "overrides: [{where: {amount: 5}, @cooldown: 5m}]\n",
        "an override has no 'cooldown'",
    ),
    (
        "a text of an override",
        GOOD + "overrides: [{where: {amount: 5}, explanation: {en: @'{x}', zh: a}}]\n",
        "the text names 'x'",
    ),
    (
        "an override of a field that is none",
        GOOD + "overrides: [{where: {@tier: minor}}]\n",
        "no field 'tier'; did you mean",
    ),
    (
        "when over a sequence",
        STEPS + "overrides: [{where: {one.city: X}, @when: {count: 1}}]\n",
        "'when' belongs to a window",
    ),
    ("a step that is not there", STEPS + "overrides: [{where: {@three.city: X}}]\n", "no field 'three.city'"),
    ("a step without a name", STEPS.replace("{name: two, ", "@{"), "a step needs 'name'"),
    (
        "two steps of one name",
        STEPS.replace("{name: two", "@{name: one"),
        "a step named 'one' stands before this one",
    ),
    (
        "a step without a bound",
        STEPS.replace(", within: 5m", "").replace("{name: two", "@{name: two"),
        "not bounded in time: set 'within'",
    ),
    (
        "a first step that counts without a bound",
        STEPS.replace("{name: one", "@{at_least: 2, name: one"),
        "not bounded in time",
    ),
    (
        "unless on the first step",
        STEPS.replace("event: login", "event: login, unless: @{event: debit}"),
        "'unless' needs a step before it",
    ),
    (
        "unless with within",
        STEPS.replace("within: 5m", "within: 5m, unless: {event: refund, @within: 5m}"),
        "'unless' has no 'within'",
    ),
    ("at least none", STEPS.replace("within: 5m", "within: 5m, at_least: @0"), "at least 1, found '0'"),
    (
        "distinct of an unknown field",
        STEPS.replace("within: 5m", "within: 5m, distinct: @card"),
        "debit events have no field 'card'",
    ),
    (
        "same on a field that a step lacks",
        STEPS.replace("steps:", "same: @card_id\n  steps:"),
        "login events have no field 'card_id'",
    ),
    ("no steps", HEAD + "sequence: {steps: @[]}\n", "'steps' must be a list, found an empty list"),
    (
        "a window with both forms",
        HEAD + "window: {within: 5m, @event: debit, select: {a: {event: debit}}}\nwhen: {count(a): 1}\n",
        "'window' with 'select' has no 'event'",
    ),
    (
        "before as long as within",
        HEAD + "window: {within: 5m, select: {a: {event: debit, before: @5m}}}\nwhen: {count(a): 1}\n",
        "'before' must be shorter than 'within'",
    ),
    (
        "before in a window of one",
        HEAD + "window: {event: debit, within: 5m, @before: 1m}\n" + WHEN,
        "'window' has no 'before'",
    ),
    (
        "a selector that is not named",
        HEAD + "window: {within: 5m, select: {a: {event: debit}}}\nwhen: {@count: 1}\n",
        "does not say over which selector; the window has a",
    ),
    (
        "a selector that is not known",
        HEAD + "window: {within: 5m, select: {a: {event: debit}}}\nwhen: {@count(b): 1}\n",
        "names the selector 'b'; the window has a",
    ),
    (
        "a selector without within",
        HEAD + "window: {select: {a: @{event: debit}}}\nwhen: {count(a): 1}\n",
        "a window needs 'within'",
    ),
    ("tests that are no list", GOOD + "tests: @none\n", "'tests' must be a list"),
    (
        "a test without alerts",
        GOOD + "tests:\n  - @{name: a, events: [{at: 0s, type: debit}]}\n",
        "a test needs 'alerts'",
    ),
    (
        "alerts that are no list",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: debit}], alerts: @none}]\n",
        "([] for none)",
    ),
    (
        "an event without a time",
        GOOD + "tests: [{name: a, events: [@{type: debit}], alerts: []}]\n",
        "needs 'at'",
    ),
    (
        "an event without a type",
        GOOD + "tests: [{name: a, events: [@{at: 0s}], alerts: []}]\n",
        "needs 'type'",
    ),
    (
        "an unknown field of an event",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: debit, @amont: 1}], alerts: []}]\n",
        "did you mean 'amount'?",
    ),
    (
        "an event that would be refused",
        GOOD + "tests: [{name: a, events: [@{at: 0s, type: debit, amount: -1}], alerts: []}]\n",
        "would be refused",
    ),
    (
        "an expectation without a time",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: debit}], alerts: [@{}]}]\n",
        "needs 'at'",
    ),
    (
        "an expectation of what is no severity",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: debit}], alerts: [{at: 0s, severity: @hot}]}]\n",
        "'hot' is no severity",
    ),
    ("a key twice", GOOD + "@id: r\n", "'id' stands here a second time"),
    ("a key that is a list", GOOD + "? @[a]\n: b\n", "a key must be a plain name"),
    ("not YAML", GOOD + "title: 'open\n@", "not YAML: found unexpected end of stream"),
    ("a tab", GOOD + "overrides:\n@\t- x\n", "not YAML"),
    ("a second document", GOOD + "@---\nid: r\n", "not YAML: but found another document"),
    ("a list", "@[1]\n", "a rule must be a mapping of names to values, found a list"),
    ("a word", "@hello\n", "a rule must be a mapping of names to values, found 'hello'"),
    ("nothing at all", "@", "the file is empty"),
    ("only a comment", "@# nothing\n", "the file is empty"),
]


@pytest.mark.parametrize(("text", "message"), [pytest.param(*row[1:], id=row[0]) for row in MISTAKES])
def test_a_mistake_is_named_where_it_stands(write, text, message):
    content, place = marked(text)
    found = [
        (tuple(fault.mark), fault.message) for fault in faults_of(write(content)) if message in fault.message
    ]
    assert found, "\n".join(map(str, faults_of(write(content))))
    assert found[0][0] == place


def test_a_fault_reads_as_path_line_column_and_message(write):
    path = write(GOOD + "severty: high\n")
    (fault,) = faults_of(path)
    assert re.fullmatch(
        rf"{re.escape(str(path))}:5:1: a rule has no 'severty'; did you mean 'severity'\?", str(fault)
    )


def test_every_fault_of_a_file_is_named_at_once(write):
    text = GOOD.replace("gte: 2", "gte: two").replace("debit", "debt") + "severity: hot\ncolour: red\n"
    assert sorted(fault.mark.line for fault in faults_of(write(text))) == [3, 4, 5, 6]


def test_aliases_are_refused_quickly_even_where_they_would_grow_without_bound(write):
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    path = write("a0: &a0 [x]\n" + "\n".join(levels) + "\n")
    began = perf_counter()
    (fault,) = faults_of(path)
    assert perf_counter() - began < 1
    assert "aliases (*name) are not allowed" in fault.message


def test_a_file_that_is_too_large_is_not_read(write):
    padding = b"#" * (MAX_FILE_BYTES - len(GOOD))
    assert read_rule(write(GOOD.encode() + padding)).rule.id == "r"
    (fault,) = faults_of(write(GOOD.encode() + padding + b"#"))
    assert (tuple(fault.mark), fault.message) == ((1, 1), "the file has over 256 KiB")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: \x01\n", b"[" * 1_200, b"{" * 1_200, b"- " * 2_000])
def test_what_cannot_be_read_is_one_fault_and_no_crash(write, content):
    assert len(faults_of(write(content))) == 1


@pytest.mark.parametrize("value", ["!!int abc", "!!float abc", "!!bool abc", "9" * 5_000])
def test_a_value_that_its_tag_cannot_hold_is_a_fault_and_no_crash(write, value):
    (fault, *_) = faults_of(write(GOOD.replace("gte: 2", f"gte: {value}")))
    assert fault.mark.line == 4


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf"])
def test_what_is_no_number_is_nothing_to_compare_with(write, value):
    (fault,) = faults_of(write(GOOD.replace("gte: 2", f"gte: {value}")))
    assert tuple(fault.mark) == (4, 21)


def test_a_selector_of_no_event_types_is_a_fault(write):
    (fault, *_) = faults_of(write(GOOD.replace("debit", "[]")))
    assert fault.mark.line == 3


def test_deep_nesting_is_a_fault_at_once(write):
    (fault,) = faults_of(write("[" * 20_000))
    assert "levels deep" in fault.message


def test_an_alias_is_named_where_it_stands(write):
    (fault,) = faults_of(write("id: &x r\nby: *x\n"))
    assert tuple(fault.mark) == (2, 5)


def test_a_missing_file_is_a_fault(tmp_path):
    (fault,) = faults_of(tmp_path / "none.yaml")
    assert "No such file" in fault.message


# What a good file means


def test_a_window_rule_means_what_it_says(write):
    rule = read_rule(
        write(
            """
id: r
title: {en: Burst, zh: 多笔}
explanation: {en: "{count(recent)}", zh: "{within}"}
severity: high
action: hold
mode: shadow
by: [user_id, merchant_id]
window:
  within: 1h
  select:
    recent: {event: debit, where: {amount: {gte: 5, lt: 9}, city: [A, B]}, within: 10m}
    base: {event: [debit, refund], before: 10m}
when:
  - {count(recent): {gte: 5}}
  - {sum(recent.amount) / count(base): {gt: 1.5}, span(base): {lte: 30m}}
overrides:
  - {where: {user_tier: minor}, when: {count(recent): 2}, action: call}
cooldown: 0s
"""
        )
    ).rule
    assert (rule.by, rule.severity, rule.action, rule.mode, rule.cooldown) == (
        ("user_id", "merchant_id"),
        Severity.HIGH,
        "hold",
        Mode.SHADOW,
        0,
    )
    assert isinstance(rule.body, Window)
    assert rule.body.watches == {
        "recent": Watch(
            selector=Selector(
                events=("debit",),
                where={
                    "amount": (
                        Comparison(operator=Operator.GTE, value=5),
                        Comparison(operator=Operator.LT, value=9),
                    ),
                    "city": (Comparison(operator=Operator.IN, value=("A", "B")),),
                },
            ),
            within=10 * MINUTE,
        ),
        "base": Watch(selector=Selector(events=("debit", "refund")), within=60 * MINUTE, before=10 * MINUTE),
    }
    first, second = rule.body.when
    assert [condition.name for condition in (*first, *second)] == [
        "count(recent)",
        "sum(recent.amount) / count(base)",
        "span(base)",
    ]
    assert second[0].measure == Ratio(
        dividend=Measure(kind=MeasureKind.SUM, watch="recent", field="amount"),
        divisor=Measure(kind=MeasureKind.COUNT, watch="base"),
    )
    assert second[1].comparisons == (Comparison(operator=Operator.LTE, value=30 * MINUTE),)
    (override,) = rule.overrides
    assert override.where == {"user_tier": (Comparison(operator=Operator.EQ, value="minor"),)}
    assert override.when is not None
    assert override.when[0][0].comparisons == (Comparison(operator=Operator.EQ, value=2),)
    assert (override.severity, override.action) == (None, "call")
    assert rule.span == 60 * MINUTE


def test_a_sequence_rule_means_what_it_says(write):
    text = """
id: r
by: user_id
sequence:
  within: 1h
  same: device_id
  steps:
    - {name: one, event: login, where: {new_device: true}}
    - name: two
      event: debit
      within: 5m
      at_least: 3
      distinct: card_id
      same: merchant_id
      unless: {event: refund, before: 1m, same: merchant_id}
      alert: critical
overrides: [{where: {one.method: otp, amount: {gte: 5}}, severity: low}]
"""
    rule = read_rule(write(text)).rule
    assert rule.body == Sequence(
        within=60 * MINUTE,
        same=("device_id",),
        steps=(
            Step(
                name="one",
                selector=Selector(
                    events=("login",), where={"new_device": (Comparison(operator=Operator.EQ, value=True),)}
                ),
            ),
            Step(
                name="two",
                selector=Selector(events=("debit",)),
                within=5 * MINUTE,
                at_least=3,
                distinct="card_id",
                same="merchant_id",
                unless=Unless(selector=Selector(events=("refund",)), before=MINUTE, same="merchant_id"),
                alert=Severity.CRITICAL,
            ),
        ),
    )
    assert rule.overrides == (
        Override(
            where={
                "one.method": (Comparison(operator=Operator.EQ, value="otp"),),
                "amount": (Comparison(operator=Operator.GTE, value=5),),
            },
            severity=Severity.LOW,
        ),
    )


def test_what_is_left_out_takes_its_default(write):
    rule = read_rule(write(GOOD)).rule
    assert (rule.severity, rule.action, rule.mode, rule.overrides) == (
        Severity.MEDIUM,
        "review",
        Mode.LIVE,
        (),
    )
    assert rule.cooldown == 60 * MINUTE
    assert rule.title == {"en": "r", "zh": "r"}
    assert rule.explanation == {"en": "Within {within}: count = {count}", "zh": "{within}内：count = {count}"}


def test_a_sequence_bounded_step_by_step_spans_the_sum_of_its_steps(write):
    assert read_rule(write(STEPS)).rule.span == 5 * MINUTE
    text = STEPS.replace("event: login", "event: login, at_least: 2, within: 3m")
    assert read_rule(write(text)).rule.span == 8 * MINUTE


def test_off_and_no_are_words_as_in_yaml_1_2(write):
    assert read_rule(write(GOOD + "mode: off\n")).rule.mode is Mode.OFF
    rule = read_rule(write(GOOD.replace("debit,", "debit, where: {city: no, country: [on, yes]},"))).rule
    assert isinstance(rule.body, Window)
    where = rule.body.watches[""].selector.where
    assert where["city"] == (Comparison(operator=Operator.EQ, value="no"),)
    assert where["country"] == (Comparison(operator=Operator.IN, value=("on", "yes")),)


def test_a_rule_without_tests_is_read_with_a_warning(write):
    (warning,) = read_rule(write(GOOD)).warnings
    assert warning.is_warning
    assert "carries no tests" in str(warning)
    assert ": warning: " in str(warning)


def test_the_events_of_a_test_take_defaults_and_repeat(write):
    text = GOOD + (
        "tests:\n- name: t\n  events:\n  - {at: 1m, type: debit, repeat: 3, every: 90s, amount: 5}\n"
        "  - {at: 0s, type: complaint}\n  alerts: [{at: 150s, severity: high, user_id: u9}]\n"
    )
    (example,) = read_rule(write(text)).examples
    start = 1_767_225_600_000
    assert [event.event_time - start for event in example.events] == [60_000, 150_000, 240_000, 0]
    assert len({event.event_id for event in example.events}) == 4
    assert [getattr(event, "amount", None) for event in example.events] == [5, 5, 5, None]
    assert {event.user_id for event in example.events} == {"u1"}
    assert example.expected == [(start + 150_000, {"severity": "high", "user_id": "u9"})]


def test_the_number_of_a_repetition_stands_in_the_texts_of_an_event(write):
    text = GOOD + (
        "tests:\n- name: t\n  events:\n"
        '  - {at: 0s, type: debit, repeat: 3, user_id: "u{n}", event_id: "{n}-{n}"}\n  alerts: []\n'
    )
    (example,) = read_rule(write(text)).examples
    assert [event.user_id for event in example.events] == ["u1", "u2", "u3"]
    assert [event.event_id for event in example.events] == ["1-1", "2-2", "3-3"]


# The version is a hash of the meaning


def version(write, text):
    return read_rule(write(text)).rule.version


SAME_MEANING = [
    "title: {en: a, zh: b}\n",
    "explanation: {en: a, zh: b}\n",
    "mode: shadow\n",
    "# a comment\n",
    "severity: medium\n",
    "tests: [{name: a, events: [{at: 0s, type: debit}], alerts: []}]\n",
]


@pytest.mark.parametrize("added", SAME_MEANING)
def test_texts_tests_and_mode_leave_the_version_alone(write, added):
    assert version(write, GOOD + added) == version(write, GOOD)


def test_the_texts_of_an_override_leave_the_version_alone(write):
    override = GOOD + "overrides: [{where: {amount: 5}, severity: high%s}]\n"
    texts = ", explanation: {en: a, zh: b}"
    assert version(write, override % texts) == version(write, override % "")


OTHER_MEANING = [
    GOOD.replace("gte: 2", "gte: 3"),
    GOOD.replace("gte: 2", "gt: 2"),
    GOOD.replace("10m", "11m"),
    GOOD.replace("debit", "transfer"),
    GOOD.replace("user_id", "[user_id, merchant_id]"),
    GOOD.replace("debit,", "debit, where: {amount: 5},"),
    GOOD + "severity: high\n",
    GOOD + "action: hold\n",
    GOOD + "cooldown: 2h\n",
    GOOD + "overrides: [{where: {amount: 5}, severity: high}]\n",
    STEPS,
    STEPS.replace("5m", "6m"),
]


def test_whatever_changes_what_fires_changes_the_version(write):
    versions = [version(write, text) for text in (GOOD, *OTHER_MEANING)]
    assert len(set(versions)) == len(versions)


def test_the_version_of_a_rule_does_not_change_by_itself(write):
    assert version(write, GOOD) == "b892a6d8dab88523"
