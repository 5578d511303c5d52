"""Lists in rule files: conditions that ask them, tests that fill them, and which a rule set lacks."""

import pytest

from detector.core.measures import ONLY
from detector.core.rule import Comparison, Mode, Operator, lists_of
from detector.rules.faults import Mark, RuleFaultsError
from detector.rules.reader import read_rule
from detector.rules.rule_set import files_in_force, missing_lists
from detector.rules.trial import failures

RULE = """\
id: r
by: user_id
window: {event: debit, where: {merchant_id: {not_in_list: trusted}}, within: 10m}
when: {count: {gte: 2}}
"""
TESTS = """\
tests:
  - name: trusted merchants are left out
    lists: {trusted: [m2]}
    events:
      - {at: 0s, type: debit}
      - {at: 1m, type: debit, merchant_id: m2}
    alerts: []
  - name: here nobody is trusted
    events:
      - {at: 0s, type: debit}
      - {at: 1m, type: debit, merchant_id: m2}
    alerts: [{at: 1m}]
"""


@pytest.fixture
def write(tmp_path):
    def written(content, name="r.yaml"):
        path = tmp_path / name
        path.write_text(content)
        return path

    return written


def test_a_condition_names_a_list_and_the_file_says_where(write):
    file = read_rule(write(RULE))
    assert file.rule.body.watches[ONLY].selector.where == {
        "merchant_id": (Comparison(operator=Operator.NOT_IN_LIST, value="trusted"),)
    }
    assert file.lists == {"trusted": Mark(3, 59)}
    assert lists_of(file.rule) == {"trusted"}


# `@` stands where the fault is
MISTAKES = [
    (
        "a field that is no text",
        RULE.replace("merchant_id: {not_in_list: ", "amount: {in_list: @"),
        "'in_list' looks up texts, but 'amount' is a whole number",
    ),
    (
        "a list of values instead of a name",
        RULE.replace("not_in_list: trusted", "in_list: @[m1, m2]"),
        "'in_list' of 'merchant_id' must be a text, found a list",
    ),
    (
        "a name that no list can have",
        RULE.replace("trusted", "@my list"),
        "a list's name is made of letters",
    ),
    (
        "a tier",
        RULE.replace("merchant_id: {not_in_list: trusted", "user_id: {in_list: @user_tier"),
        "'user_tier' gives tiers: write {user_tier: standard} instead",
    ),
    (
        "a misspelt operator",
        RULE.replace("not_in_list", "@not_in_lst"),
        "did you mean 'not_in_list'?",
    ),
    (
        "a measure that asks a list",
        RULE.replace("gte: 2", "@in_list: trusted"),
        "a condition on 'count' has no 'in_list'",
    ),
    (
        "a test that fills a list which the rule does not name",
        RULE + TESTS.replace("{trusted: [m2]}", "{@trustd: [m2]}"),
        "the rule names no list 'trustd'; did you mean 'trusted'?",
    ),
    (
        "a test of a rule that names no list",
        RULE.replace("where: {merchant_id: {not_in_list: trusted}}, ", "")
        + TESTS.replace("{trusted: [m2]}", "{@trusted: [m2]}"),
        "the rule names no list 'trusted'; it names none",
    ),
    (
        "members that are no list",
        RULE + TESTS.replace("[m2]", "@m2"),
        "the members of 'trusted' must be a list ([] for none), found 'm2'",
    ),
    (
        "a member that is no text",
        RULE + TESTS.replace("[m2]", "[@12]"),
        "a member of 'trusted' must be a text, found 12: put it in quotes, '12'",
    ),
]


@pytest.mark.parametrize(("text", "message"), [pytest.param(*row[1:], id=row[0]) for row in MISTAKES])
def test_a_mistake_is_named_where_it_stands(write, text, message):
    before, _, after = text.partition("@")
    with pytest.raises(RuleFaultsError) as raised:
        read_rule(write(before + after))
    (fault,) = raised.value.faults
    assert message in fault.message
    assert fault.mark == Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))


def test_a_test_fills_lists_and_those_it_does_not_name_are_empty(write):
    file = read_rule(write(RULE + TESTS))
    assert len(file.examples) == 2
    assert failures(file.rule, file.examples) == []


def test_a_test_may_say_that_a_list_is_empty(write):
    file = read_rule(write(RULE + TESTS.replace("[m2]", "[]")))
    (failure,) = failures(file.rule, file.examples)
    assert "found an alert at 60s" in failure.message


def test_a_rule_set_tells_which_rule_needs_which_list_where_and_how_to_make_it(write, tmp_path):
    path = write(RULE)
    write(RULE.replace("id: r", "id: s") + "mode: off\n", "s.yaml")
    files = files_in_force([tmp_path], with_catalogue=False)
    assert missing_lists(files, {"trusted"}, str) == []
    (fault,) = missing_lists(files, {"other"}, lambda name: f"make {name}")
    assert (fault.path, fault.mark) == (path, Mark(3, 59))
    assert fault.message == "rule r needs the list trusted, which is not there: make trusted"
    assert files[1].rule.mode is Mode.OFF
