"""Two sets of alerts held together: which are one story, and what differs in it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.core.rule import Mode, Severity
from detector.replay.comparison import Comparison, compare

from ..core.given import MINUTE
from .given import alert, by_id


def kinds(comparison: Comparison) -> list[tuple[str, ...]]:
    return [change.kinds for change in comparison.changed]


def ids(comparison: Comparison) -> tuple[list[str], list[str], list[tuple[str, str]], int]:
    """Added, removed, changed (before, after) by alert id, and how many are the same."""
    return (
        [one.alert_id for one in comparison.added],
        [one.alert_id for one in comparison.removed],
        [(one.before.alert_id, one.after.alert_id) for one in comparison.changed],
        comparison.same,
    )


def test_what_only_one_set_has_is_added_or_removed():
    assert ids(compare(by_id(alert("a")), by_id(alert("b", 60)))) == (["b"], ["a"], [], 0)


@pytest.mark.parametrize(("minute", "kind"), [(4, "earlier"), (6, "later")])
def test_an_alert_with_another_anchor_is_earlier_or_later(minute, kind):
    assert kinds(compare(by_id(alert("a", 5)), by_id(alert("a", minute)))) == [(kind,)]


def test_anchors_of_one_time_are_ordered_by_their_ids():
    first, second = alert("a", 5, anchor={"event_id": "x1"}), alert("a", 5, anchor={"event_id": "x2"})
    assert kinds(compare(by_id(first), by_id(second))) == [("later",)]


def test_a_story_in_another_period_is_the_same_story_later():
    # The anchor moves over the edge of a period: other id, other case, but the evidence overlaps.
    before, after = alert("a", 29, since=20), alert("b", 31, since=22)
    assert ids(compare(by_id(before), by_id(after))) == ([], [], [("a", "b")], 0)


def test_stories_that_do_not_overlap_are_two():
    before, after = alert("a", 29, since=20), alert("b", 40, since=30)
    assert ids(compare(by_id(before), by_id(after))) == (["b"], ["a"], [], 0)


def test_one_case_is_one_story_though_nothing_overlaps():
    before, after = alert("a", 1, case_id="c"), alert("b", 50, case_id="c", severity=Severity.HIGH)
    assert kinds(compare(by_id(before), by_id(after))) == [("severity_up", "later")]


def test_another_severity_of_one_anchor_is_a_change():
    before, after = alert("a", 5, severity=Severity.HIGH), alert("b", 5, severity=Severity.LOW)
    assert kinds(compare(by_id(before), by_id(after))) == [("severity_down",)]


@pytest.mark.parametrize("other", [{"entity": {"user_id": "u2"}}, {"rule_id": "s"}])
def test_another_entity_or_rule_is_another_story(other):
    assert ids(compare(by_id(alert("a", 5)), by_id(alert("b", 5, **other)))) == (["b"], ["a"], [], 0)


def test_an_alert_goes_with_the_nearest_and_with_one_only():
    before = by_id(alert("a", 10, since=0))
    after = by_id(alert("b", 4, since=0), alert("c", 12, since=0))
    assert ids(compare(before, after)) == (["b"], [], [("a", "c")], 0)


def test_a_nearer_pair_takes_an_alert_from_a_farther_one_that_was_seen_first():
    before = by_id(alert("a", 0, since=0), alert("b", 9, since=0))
    after = by_id(alert("c", 10, since=0))
    assert ids(compare(before, after)) == ([], ["a"], [("b", "c")], 0)


def test_of_one_anchor_those_of_the_nearest_severity_go_together():
    before = by_id(alert("a", 5, severity=Severity.HIGH), alert("b", 5, severity=Severity.LOW))
    after = by_id(alert("c", 5, severity=Severity.CRITICAL), alert("d", 5, severity=Severity.INFO))
    assert ids(compare(before, after))[2] == [("a", "c"), ("b", "d")]


def test_a_rule_that_goes_live_or_advises_something_else_is_a_change():
    shadow = alert("a", mode=Mode.SHADOW)
    live = alert("a", action="hold")
    assert kinds(compare(by_id(shadow), by_id(live))) == [("action", "to_live")]
    assert kinds(compare(by_id(live), by_id(shadow))) == [("action", "to_shadow")]


def test_other_measures_and_texts_are_no_change():
    after = alert("a", measures={"count": 6}, explanation={"en": "Else", "zh": "否则"})
    assert ids(compare(by_id(alert("a")), by_id(after))) == ([], [], [], 1)


def test_a_shadow_rule_stands_against_the_live_one_that_it_may_replace():
    before = by_id(alert("a", 5), alert("b", 90))
    after = by_id(
        alert("c", 5, rule_id="new", mode=Mode.SHADOW), alert("d", 100, rule_id="new", mode=Mode.SHADOW)
    )
    found = compare(before, after, {"new": "r"}, {"r": 10 * MINUTE})
    assert (ids(found), kinds(found)) == (([], [], [("b", "d")], 1), [("later",)])


def test_beyond_the_reach_anchors_are_two_stories():
    before, after = by_id(alert("a", 5)), by_id(alert("b", 16, rule_id="new"))
    assert ids(compare(before, after, {"new": "r"}, {"r": 11 * MINUTE}))[2] == [("a", "b")]
    assert ids(compare(before, after, {"new": "r"}, {"r": 11 * MINUTE - 1}))[:2] == (["b"], ["a"])


_alerts = st.lists(
    st.builds(
        lambda number, minute, length, severity, mode, user, case: alert(
            f"a{number}",
            minute,
            since=minute - length,
            severity=severity,
            mode=mode,
            case_id=case,
            entity={"user_id": user},
        ),
        st.integers(0, 12),
        st.integers(0, 30),
        st.integers(0, 5),
        st.sampled_from(Severity),
        st.sampled_from([Mode.LIVE, Mode.SHADOW]),
        st.sampled_from(["u1", "u2"]),
        st.sampled_from(["c1", "c2", "c3", "c4"]),
    ),
    max_size=10,
).map(lambda alerts: by_id(*alerts))

MIRRORED = {
    "severity_up": "severity_down",
    "earlier": "later",
    "to_live": "to_shadow",
    "action": "action",
}
MIRRORED |= {mirrored: kind for kind, mirrored in MIRRORED.items()}


@given(_alerts)
def test_a_set_does_not_differ_from_itself(alerts):
    assert compare(alerts, alerts) == Comparison([], [], [], len(alerts))


@given(_alerts, _alerts)
def test_seen_from_the_other_side_all_is_mirrored(before, after):
    there, back = compare(before, after), compare(after, before)
    assert (back.added, back.removed, back.same) == (there.removed, there.added, there.same)
    assert {(one.after.alert_id, one.before.alert_id, frozenset(one.kinds)) for one in back.changed} == {
        (one.before.alert_id, one.after.alert_id, frozenset(MIRRORED[kind] for kind in one.kinds))
        for one in there.changed
    }


@given(_alerts, _alerts)
def test_every_alert_is_in_one_place(before, after):
    found = compare(before, after)
    changed = [one.before for one in found.changed], [one.after for one in found.changed]
    for alerts, alone, told in ((before, found.removed, changed[0]), (after, found.added, changed[1])):
        places = [one.alert_id for one in alone + told]
        assert len(set(places)) == len(places)
        assert set(places) <= alerts.keys()
        assert len(places) + found.same == len(alerts)


@given(_alerts, _alerts, st.randoms())
def test_the_order_of_the_alerts_does_not_matter(before, after, random):
    def shuffled(alerts):
        items = list(alerts.items())
        random.shuffle(items)
        return dict(items)

    assert compare(shuffled(before), shuffled(after)) == compare(before, after)


@given(_alerts, _alerts)
def test_what_is_left_over_could_not_have_been_one_story(before, after):
    found = compare(before, after)
    for removed in found.removed:
        for added in found.added:
            if removed.entity == added.entity:
                assert removed.case_id != added.case_id
                begin = max(removed.evidence[0].event_time, added.evidence[0].event_time)
                assert begin > min(removed.event_time, added.event_time)


def test_times_are_those_of_the_evidence_in_whatever_order_it_stands():
    before = alert("a", 29, since=20)
    before = msgspec.structs.replace(before, evidence=before.evidence[::-1])
    assert kinds(compare(by_id(before), by_id(alert("b", 25)))) == [("earlier",)]
