"""A comparison counted, and what of it is shown."""

from detector.replay.comparison import compare
from detector.replay.examples import amount_at_stake, at_stake, changes_to_show, examples
from detector.replay.tally import (
    Tally,
    by_merchant,
    by_merchant_tier,
    by_rule,
    by_severity,
    by_user_tier,
    largest,
    tally,
)

from .given import alert, by_id

BEFORE = by_id(
    alert("same", 0),
    alert("moved", 100),
    alert("gone", 200, rule_id="s", anchor={"amount": 7, "user_tier": "elderly"}),
)
AFTER = by_id(
    alert("same", 0),
    alert("moved", 101),
    alert("new", 300, anchor={"amount": 20, "merchant_id": "m1", "merchant_tier": "A"}),
)


def tallied(key):
    return tally(compare(BEFORE, AFTER), BEFORE, AFTER, key)


def test_a_rules_alerts_are_counted_with_what_differs_and_is_at_stake():
    assert tallied(by_rule) == [Tally("r", 2, 3, 1, 0, 1, 20, 0), Tally("s", 1, 0, 0, 1, 0, 0, 7)]


def test_alerts_are_counted_by_severity_tier_and_merchant():
    assert [one.name for one in tallied(by_severity)] == ["medium"]
    assert [(one.name, one.removed) for one in tallied(by_user_tier)] == [("-", 0), ("elderly", 1)]
    assert [(one.name, one.added) for one in tallied(by_merchant_tier)] == [("-", 0), ("A", 1)]
    assert [(one.name, one.added) for one in tallied(by_merchant)] == [("-", 0), ("m1", 1)]


def test_an_alert_about_a_merchant_counts_at_that_merchant():
    assert by_merchant(alert("a", entity={"merchant_id": "m2"}, anchor={"merchant_id": "m1"})) == "m2"


def test_those_with_the_most_differences_are_shown_and_the_rest_is_one():
    tallies = [Tally(f"m{n}", n, n, n, 0, 0, 10 * n, 0) for n in range(5)]
    assert largest(tallies, 2) == [tallies[4], tallies[3], Tally("3 others", 3, 3, 3, 0, 0, 30, 0)]


def test_the_rest_is_shown_where_it_is_only_one():
    tallies = [Tally(f"m{n}", n, n, n, 0, 0, 0, 0) for n in range(3)]
    assert largest(tallies, 2) == [tallies[2], tallies[1], tallies[0]]


def test_at_stake_is_the_sum_that_the_rule_measured_else_the_anchors_amount():
    assert amount_at_stake(alert("a", anchor={"amount": 3}, measures={"sum(amount)": 90})) == 90
    assert amount_at_stake(alert("a", anchor={"amount": 3}, measures={"count": 5})) == 3
    assert amount_at_stake(alert("a")) == 0


def test_an_event_that_several_alerts_name_is_at_stake_once():
    alerts = [
        alert("a", 1, anchor={"amount": 3}),
        alert("b", 1, anchor={"amount": 3}, measures={"sum(amount)": 8}),
        alert("c", 2, anchor={"amount": 50}),
    ]
    assert at_stake(alerts) == 58
    found = compare({}, by_id(*alerts))
    assert [one.added_amount for one in tally(found, {}, by_id(*alerts), by_rule)] == [58]


def test_examples_take_the_largest_of_each_rule_in_turn():
    of_r = [alert(f"r{n}", anchor={"amount": n}) for n in (1, 9, 5)]
    of_s = [alert("s1", rule_id="s", anchor={"amount": 2})]
    assert [one.alert_id for one in examples([*of_r, *of_s], 3)] == ["r9", "s1", "r5"]


def test_changes_are_chosen_in_the_same_way():
    before = by_id(*(alert(f"a{n}", 100 * n, anchor={"amount": n}) for n in range(4)))
    after = by_id(*(alert(f"a{n}", 100 * n + 1, anchor={"amount": n}) for n in range(4)))
    chosen = changes_to_show(compare(before, after).changed, 2)
    assert [one.after.alert_id for one in chosen] == ["a3", "a2"]
