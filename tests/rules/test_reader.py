"""What a rule file means, what of it changes the version, and files that nobody should have written."""

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

from .mistakes import GOOD, STEPS

MINUTE = 60_000


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
    assert fault.message == "no such file"


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
