"""A parameter is found by its path, and set as if the file said so."""

import pytest

from detector.config import StateSettings
from detector.rules.parameters import BadParameterError, parts_of, path_of, with_value, written_at
from detector.rules.reader import RuleFile, read_rule
from detector.rules.rule_set import CATALOGUE

STATE = StateSettings()


def shipped(rule_id: str) -> RuleFile:
    return read_rule(CATALOGUE / f"{rule_id}.yaml")


@pytest.mark.parametrize(
    ("rule_id", "path", "written"),
    [
        ("no-password-burst", "when.0.count.gte", "5"),
        ("no-password-burst", "overrides.0.when.1.sum(amount).gte", "30000"),
        ("no-password-burst", "cooldown", "30m"),
        ("merchant-complaints", "when.distinct(complaints.complaint_id).gte", "5"),
        ("merchant-complaints", "when.distinct(complaints.complaint_id) / count(paid).gte", "0.01"),
        ("face-after-remote-session", "sequence.steps.1.unless.before", "10m"),
    ],
)
def test_a_path_leads_to_a_value(rule_id, path, written):
    file = shipped(rule_id)
    parts = parts_of(file, path)
    assert (written_at(file, parts), path_of(parts)) == (written, path)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("wen.0.count.gte", "rule no-password-burst has no 'wen.0.count.gte'; did you mean 'when'?"),
        ("when.0.count.gt", "'when.0.count' of rule no-password-burst has no 'gt'; did you mean 'gte'?"),
        ("when.2.count.gte", "'when' of rule no-password-burst has no '2.count.gte'; known here: 0, 1"),
        ("when.first", "'when' of rule no-password-burst has no 'first'; known here: 0, 1"),
        ("cooldown.0", "'cooldown' of rule no-password-burst is a single value: nothing is below it"),
        ("when", "when of rule no-password-burst is not a single value: go on with one of 0, 1"),
        ("when.0", "when.0 of rule no-password-burst is not a single value: go on with one of count"),
    ],
)
def test_a_path_that_leads_nowhere_says_what_there_is(path, message):
    with pytest.raises(BadParameterError) as found:
        parts_of(shipped("no-password-burst"), path)
    assert str(found.value) == message


def test_only_the_parameter_changes():
    file = shipped("no-password-burst")
    parts = parts_of(file, "when.0.count.gte")
    changed = with_value(file, parts, "7", STATE)
    assert written_at(changed, parts) == "7"
    assert changed.rule.body.when[0][0].comparisons[0].value == 7
    assert with_value(changed, parts, "5", STATE).rule == file.rule
    assert written_at(file, parts) == "5"


def test_a_duration_is_read_as_one():
    file = shipped("no-password-burst")
    assert with_value(file, parts_of(file, "window.within"), "20m", STATE).rule.span == 20 * 60_000


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("when.0.count.gte", "many", "when.0.count.gte of rule no-password-burst cannot be 'many': "),
        ("when.0.count.gte", "[", "when.0.count.gte of rule no-password-burst cannot be '[': "),
        ("window.within", "soon", "window.within of rule no-password-burst cannot be 'soon': "),
        ("window.within", "365d", "window.within of rule no-password-burst cannot be '365d': the rule looks"),
    ],
)
def test_a_value_that_the_rule_could_not_have_is_refused(path, value, message):
    file = shipped("no-password-burst")
    with pytest.raises(BadParameterError) as found:
        with_value(file, parts_of(file, path), value, STATE)
    assert str(found.value).startswith(message)
    assert "\n" not in str(found.value)
