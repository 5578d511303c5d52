"""A rule's own tests: one that expects wrongly is reported with what was found."""

import pytest

from detector.rules.reader import read_rule
from detector.rules.trial import failures

RULE = """
id: r
by: [user_id, merchant_id]
severity: high
action: hold
window: {event: debit, within: 10m}
when: {count: {gte: 2}}
cooldown: 0s
"""
TWO = "[{at: 0s, type: debit}, {at: 90s, type: debit}]"


@pytest.fixture
def messages(tmp_path):
    def of(events, alerts, rule=RULE):
        path = tmp_path / "r.yaml"
        path.write_text(f"{rule}tests:\n  - name: the test\n    events: {events}\n    alerts: {alerts}\n")
        file = read_rule(path)
        return [failure.message for failure in failures(file.rule, file.examples)]

    return of


@pytest.mark.parametrize(
    "alerts",
    [
        "[{at: 90s}]",
        "[{at: 90s, severity: high}]",
        "[{at: 90s, action: hold, user_id: u1, merchant_id: m1}]",
    ],
)
def test_a_test_that_expects_what_happens_passes(messages, alerts):
    assert messages(TWO, alerts) == []


WRONG = [
    ("an alert that does not come", "[{at: 0s, type: debit}]", "[{at: 0s}]", "expected an alert at 0s"),
    ("an alert that nobody expects", TWO, "[]", "found an alert at 90s high"),
    ("another time", TWO, "[{at: 91s}]", "expected an alert at 91s; found an alert at 90s high"),
    (
        "another severity",
        TWO,
        "[{at: 90s, severity: low}]",
        "expected an alert at 90s low; found an alert at 90s high",
    ),
    (
        "another action",
        TWO,
        "[{at: 90s, action: call}]",
        "expected an alert at 90s call; found an alert at 90s high",
    ),
    (
        "another key",
        TWO,
        "[{at: 90s, merchant_id: m2}]",
        "expected an alert at 90s m2; found an alert at 90s high",
    ),
    ("one alert twice", TWO, "[{at: 90s}, {at: 90s}]", "expected an alert at 90s"),
]


@pytest.mark.parametrize(
    ("events", "alerts", "message"), [pytest.param(*row[1:], id=row[0]) for row in WRONG]
)
def test_a_test_that_expects_wrongly_says_what_was_found(messages, events, alerts, message):
    assert messages(events, alerts) == [message]


def test_only_alerts_that_stand_in_the_end_count(messages):
    rule = RULE.replace("{gte: 2}", "1")
    events = "[{at: 1m, type: debit}, {at: 0s, type: debit}]"
    assert messages(events, "[{at: 0s}]", rule) == []


def test_a_rule_that_is_off_is_tested_as_if_it_were_on(messages):
    assert messages(TWO, "[{at: 90s}]", RULE + "mode: off\n") == []


def test_rules_by_merchant_are_tested_over_the_events_of_each_merchant(messages):
    rule = RULE.replace("[user_id, merchant_id]", "merchant_id")
    events = (
        "[{at: 0s, type: debit, user_id: u1}, {at: 1m, type: debit, user_id: u2},"
        " {at: 2m, type: debit, merchant_id: m2}]"
    )
    assert messages(events, "[{at: 1m, merchant_id: m1}]", rule) == []


def test_an_event_without_the_rules_key_is_passed_over(messages):
    rule = RULE.replace("[user_id, merchant_id]", "merchant_id").replace(
        "event: debit", "event: [debit, transfer]"
    )
    events = "[{at: 0s, type: debit}, {at: 30s, type: transfer}, {at: 90s, type: debit}]"
    assert messages(events, "[{at: 90s, merchant_id: m1}]", rule) == []
