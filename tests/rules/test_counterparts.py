"""Which live rule one in shadow is taken to be about."""

from __future__ import annotations

import msgspec
import pytest

from detector.core.rule import Mode, Rule
from detector.rules.counterparts import counterparts
from detector.rules.rule_set import rules_in_force

CATALOGUE = {rule.id: rule for rule in rules_in_force([], with_catalogue=True)}


def in_shadow(rule_id: str, like: str) -> Rule:
    return msgspec.structs.replace(CATALOGUE[like], id=rule_id, mode=Mode.SHADOW)


def found(shadow: Rule, *others: Rule) -> list[str]:
    rules = {rule.id: rule for rule in (*CATALOGUE.values(), shadow, *others)}
    return [rule.id for rule in counterparts(shadow, rules.values())]


@pytest.mark.parametrize("suffix", ["-2", ".stricter", "_b"])
def test_a_rule_is_about_the_one_that_it_is_named_after_whatever_it_watches(suffix: str) -> None:
    assert found(in_shadow(f"otp-drain{suffix}", like="impossible-travel")) == ["otp-drain"]


def test_of_several_it_is_named_after_the_longest_counts() -> None:
    longer = msgspec.structs.replace(CATALOGUE["otp-drain"], id="otp-drain-b")
    assert found(in_shadow("otp-drain-b-2", like="otp-drain"), longer) == ["otp-drain-b"]


def test_a_name_that_only_goes_on_is_another_word() -> None:
    assert found(in_shadow("otp-drainage", like="impossible-travel")) == ["impossible-travel"]


def test_without_a_name_it_is_about_those_that_watch_the_same_events_by_the_same_key() -> None:
    assert found(in_shadow("far-away", like="impossible-travel")) == ["impossible-travel"]
    alike = msgspec.structs.replace(CATALOGUE["impossible-travel"], id="a-travel")
    assert found(in_shadow("far-away", like="impossible-travel"), alike) == ["a-travel", "impossible-travel"]
    by_both = msgspec.structs.replace(CATALOGUE["impossible-travel"], by=("user_id", "device_id"))
    assert found(msgspec.structs.replace(by_both, id="far-away", mode=Mode.SHADOW)) == []


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.SHADOW])
def test_what_is_not_live_is_no_counterpart(mode: Mode) -> None:
    other = msgspec.structs.replace(CATALOGUE["impossible-travel"], mode=mode)
    assert found(in_shadow("impossible-travel-2", like="impossible-travel"), other) == []
