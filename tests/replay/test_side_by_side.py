"""A rule in shadow against a live one: what counts, of which time, and what cannot be told."""

from __future__ import annotations

from typing import Any

from detector.core.alert import Status
from detector.core.rule import Mode
from detector.replay.side_by_side import SideBySide, Version, reach_back, side_by_side

from ..core.given import HOUR, MINUTE, window
from .given import alert

SINCE = 100 * MINUTE
LIVE = window({"count": 5}, id="burst", cooldown="30m")
SHADOW = window({"count": 4}, id="burst-2", cooldown="10m", mode="shadow")


def live(alert_id: str, minute: int, **fields: Any) -> tuple[Any, int]:
    return alert(alert_id, minute, rule_id="burst", **fields), minute * MINUTE


def shadow(alert_id: str, minute: int, **fields: Any) -> tuple[Any, int]:
    return alert(alert_id, minute, rule_id="burst-2", mode=Mode.SHADOW, **fields), minute * MINUTE


def held(*said: tuple[Any, int]) -> SideBySide:
    return side_by_side(SHADOW, LIVE, said, SINCE)


def counts(found: SideBySide) -> tuple[list[str], list[str], list[str], int]:
    added, removed, changed, same = found.comparison
    return (
        [one.alert_id for one in added],
        [one.alert_id for one in removed],
        [f"{change.before.alert_id}-{change.after.alert_id}" for change in changed],
        same,
    )


def test_alerts_of_one_story_are_a_pair_within_the_longer_cooldown() -> None:
    found = held(
        live("a", 110), shadow("A", 110),
        live("b", 150), shadow("B", 130),
        live("c", 200), shadow("C", 235),
    )  # fmt: skip
    assert counts(found) == (["C"], ["c"], ["b-B"], 1)
    assert found.comparison.changed[0].kinds == ("earlier",)
    assert (sorted(found.before), sorted(found.after)) == (["a", "b", "c"], ["A", "B", "C"])


def test_other_rules_count_for_nothing() -> None:
    other = alert("x", 110, rule_id="burst-3"), 110 * MINUTE
    assert counts(held(other)) == ([], [], [], 0)


def test_what_is_withdrawn_on_whichever_topic_does_not_stand() -> None:
    # The topics are read one after the other, so a later revision may come first.
    withdrawn = shadow("A", 112, status=Status.WITHDRAWN, revision=2)
    again = shadow("B", 113, revision=3)
    fallen = shadow("B", 112, status=Status.WITHDRAWN, revision=2)
    assert counts(held(withdrawn, shadow("A", 110), again, shadow("B", 111), fallen)) == (["B"], [], [], 0)


def test_what_was_first_published_before_the_time_does_not_count_but_is_known() -> None:
    # The live rule's alert of minute 90 is the same story as the one that the other raised in minute 101.
    found = held(live("a", 90), shadow("A", 101), live("b", 80), shadow("B", 80))
    assert counts(found) == ([], [], ["a-A"], 0)
    assert found.before == {}


def test_an_alert_said_again_within_the_time_is_as_old_as_its_first_revision() -> None:
    found = held(live("a", 90), live("a", 105, revision=2))
    assert counts(found) == ([], [], [], 0)


def test_how_much_of_what_only_the_live_rule_raised_is_older_than_anything_of_the_other() -> None:
    removed = [live("a", 110), live("b", 160), live("c", 250)]
    assert held(*removed).unproven == 3
    since_minute_200 = held(*removed, shadow("A", 200))
    assert (since_minute_200.first, since_minute_200.unproven) == (200 * MINUTE, 2)
    # An alert from before the time says that it ran all the while.
    assert held(*removed, shadow("A", 50)).unproven == 0


def test_the_versions_of_both_rules_within_the_time() -> None:
    found = held(
        live("a", 50, rule_version="older"),
        live("b", 110, rule_version="v1"),
        shadow("A", 150, rule_version="w2"),
        shadow("B", 110, rule_version="w1"),
        shadow("C", 130, rule_version="w1"),
        shadow("C", 131, rule_version="w1", revision=2),
    )
    assert found.live_versions == [Version("v1", 1, 110 * MINUTE, 110 * MINUTE)]
    assert found.shadow_versions == [
        Version("w1", 2, 110 * MINUTE, 130 * MINUTE),
        Version("w2", 1, 150 * MINUTE, 150 * MINUTE),
    ]


def test_alerts_are_read_from_twice_as_long_ago_and_at_least_a_cooldown_before() -> None:
    assert reach_back([LIVE, SHADOW], 24 * HOUR, 30 * HOUR) == 18 * HOUR
    assert reach_back([LIVE, SHADOW], 30 * HOUR - MINUTE, 30 * HOUR) == 30 * HOUR - 31 * MINUTE
    assert reach_back([LIVE, SHADOW], HOUR, 30 * HOUR) == 0
