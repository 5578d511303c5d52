"""One event at a time: what is raised, withdrawn, named anew, refused, forgotten. The lateness is 10m."""

import json
from copy import deepcopy

import msgspec
import pytest

from detector.core.alert import MAX_EVIDENCE, Alert, AnchorEvent, Status
from detector.core.engine import Engine, Outcome
from detector.core.history import Entry, History, Source
from detector.core.rule import Mode, Severity

from .given import HOUR, MINUTE, debits, ev, read, saved, select, sequence, window

LATENESS = 10 * MINUTE
CAP = 1_000


class Key:
    """One key under an engine; of an alert a line `raised c/1` tells anchor and revision."""

    def __init__(self, *rules, cap=CAP):
        self.engine = Engine(rules, LATENESS, cap)
        self.history = History()
        self.stored = []

    def see(self, *events):
        """Observe each event; the observation of the last."""
        for event in events:
            observation = self.engine.observe(self.history, Entry(event, None), event.event_time)
            self.stored = saved(self.history, self.stored)
        return observation

    def said(self, *events):
        """What was said of each event, in its order."""
        return [line for event in events for line in map(line_of, self.see(event).alerts)]

    def restarted(self):
        """The key as it is read back from what was stored after each event."""
        restored = History()
        for item in deepcopy(self.stored):
            restored.restore(item)
        self.engine.settle(restored)
        self.history = restored
        return self


def line_of(alert: Alert) -> str:
    return f"{alert.status} {alert.anchor.event_id}/{alert.revision}"


def rules(*same_named):
    """Rules that can run together: each with an id of its own."""
    return [msgspec.structs.replace(rule, id=f"r{number}") for number, rule in enumerate(same_named)]


THIRD = window({"count": {"gte": 3}})
QUIET = {"cooldown": "0s"}
UNLESS = sequence(
    {"name": "login", "event": "login"},
    {"name": "pay", "event": "debit", "within": "20m", "unless": {"event": "password_reset"}},
)


# In order


def test_an_alert_is_raised_as_soon_as_its_anchor_is_seen_and_once_in_a_period():
    # 0a 1b 2c 3d: c and d hold
    assert Key(THIRD).said(*debits(0, 1, 2, 3)) == ["raised c/1"]


def test_each_period_of_the_cooldown_has_its_own_alert():
    # periods [0m, 5m) [5m, 10m) [10m, 15m)
    rule = window({"count": {"gte": 1}}, cooldown="5m")
    assert Key(rule).said(*debits(0, 4, 5, 9, 10)) == ["raised a/1", "raised c/1", "raised e/1"]


def test_a_period_begins_exactly_at_the_multiple_of_the_cooldown():
    rule = window({"count": {"gte": 1}}, cooldown="5m")
    key = Key(rule)
    assert key.said(ev("a", 5, ms=-1), ev("b", 5)) == ["raised a/1", "raised b/1"]


def test_without_a_cooldown_every_anchor_alerts_even_at_one_time():
    rule = window({"count": {"gte": 1}}, **QUIET)
    assert Key(rule).said(*debits(1, 1, 2)) == ["raised a/1", "raised b/1", "raised c/1"]


def test_severities_are_alerts_apart_of_one_case():
    rule = window({"count": {"gte": 1}}, overrides=[{"where": {"user_tier": "minor"}, "severity": "high"}])
    key = Key(rule)
    (first,) = key.see(ev("a", 0)).alerts
    (second,) = key.see(ev("b", 1, user_tier="minor")).alerts
    assert (first.severity, second.severity) == (Severity.MEDIUM, Severity.HIGH)
    assert first.alert_id != second.alert_id
    assert first.case_id == second.case_id


def test_chains_that_begin_with_the_same_event_are_one_case_and_others_another():
    rule = sequence(
        {"name": "login", "event": "login"},
        {"name": "face", "event": "face_verification", "within": "10m", "alert": "high"},
        {"name": "pay", "event": "debit", "within": "10m", "alert": "critical"},
        rule=QUIET,
    )
    key = Key(rule)
    cases = [
        alert.case_id
        for event in (
            ev("a", 0, "login"),
            ev("b", 1, "face_verification"),
            ev("c", 2),
            ev("d", 3, "login"),
            ev("e", 4, "face_verification"),
        )
        for alert in key.see(event).alerts
    ]
    assert len(cases) == 3
    assert cases[0] == cases[1] != cases[2]


def test_rules_that_are_off_say_nothing_and_shadow_rules_say_so():
    off, shadow = window({"count": {"gte": 1}}, mode="off"), window({"count": {"gte": 1}}, mode="shadow")
    (alert,) = Key(off, shadow).see(ev("a", 0)).alerts
    assert alert.mode is Mode.SHADOW


# An alert in full


def test_an_anchor_names_no_amount_merchant_or_tier_that_the_event_does_not_have():
    rule = read({"window": {"event": "login", "within": "10m"}, "when": [{"count": {"gte": 1}}]})
    key = Key(rule)
    (alert,) = key.engine.observe(key.history, Entry(ev("a", 0, "login"), None), detected_at=5).alerts

    assert json.loads(msgspec.json.encode(alert.anchor)) == {"event_id": "a", "type": "login"}


def test_the_evaluations_of_a_rule_are_counted_until_asked_for():
    rule = read({"window": {"event": "debit", "within": "10m"}, "when": [{"count": {"gte": 2}}]})
    key = Key(rule)
    for event in (ev("a", 0), ev("b", 0, "login"), ev("c", 1), ev("d", 20), ev("e", 21)):
        key.see(event)

    # A first debit and one alone within ten minutes cannot make the rule hold, nor can a login.
    assert key.engine.evaluations() == {"r": 2}
    assert key.engine.evaluations() == {}


def test_an_alert_says_what_was_measured_against_what_and_over_which_events():
    rule = read(
        {
            "severity": "low",
            "action": "watch",
            "title": {"en": "Burst", "zh": "多笔"},
            "explanation": {"en": "{count} within {within} in {city}", "zh": "{within}内{count}笔"},
            "window": {"event": "debit", "within": "10m"},
            "when": [{"count": {"gte": 2}}],
            "overrides": [{"where": {"city": "Xiamen"}, "action": "hold", "severity": "high"}],
        }
    )
    key = Key(rule)
    key.see(ev("a", 0))
    event = ev("b", 1, city="Xiamen", amount=700, merchant_tier="B", user_tier="elderly")
    observation = key.engine.observe(key.history, Entry(event, Source("payments", 3, 77)), detected_at=5)
    (alert,) = observation.alerts
    assert (observation.outcome, observation.late) == (Outcome.ACCEPTED, False)
    assert alert.anchor == AnchorEvent(
        event_id="b",
        type="debit",
        topic="payments",
        partition=3,
        offset=77,
        amount=700,
        merchant_id="m1",
        merchant_tier="B",
        user_tier="elderly",
    )
    assert (alert.status, alert.revision, alert.mode) == (Status.RAISED, 1, Mode.LIVE)
    assert (alert.rule_id, alert.rule_version) == ("r", rule.version)
    assert (alert.severity, alert.action) == (Severity.HIGH, "hold")
    assert alert.entity == {"user_id": "u1"}
    assert (alert.event_time, alert.detected_at) == (MINUTE, 5)
    assert alert.title == {"en": "Burst", "zh": "多笔"}
    assert alert.explanation == {"en": "2 within 10 minutes in Xiamen", "zh": "10分钟内2笔"}
    assert (alert.measures, alert.thresholds) == ({"count": 2}, {"count": {"gte": 2}})
    assert [(item.event_id, item.event_time, item.step) for item in alert.evidence] == [
        ("a", 0, None),
        ("b", MINUTE, None),
    ]
    assert (alert.evidence_total, alert.late, alert.approximate) == (2, False, False)


def test_evidence_is_the_latest_fifty_and_the_total():
    key = Key(window({"count": 60}))
    (alert,) = key.see(*(ev(f"e{number:02}", 0, ms=number) for number in range(60))).alerts
    assert alert.evidence_total == 60
    assert len(alert.evidence) == MAX_EVIDENCE
    assert (alert.evidence[0].event_id, alert.evidence[-1].event_id) == ("e10", "e59")


# Within the allowed lateness


def test_a_late_event_completes_what_came_before_it():
    # 0a 2c 3d, then 1b: c is now the third
    assert Key(THIRD).said(ev("a", 0), ev("c", 2), ev("d", 3), ev("b", 1)) == ["raised d/1"]
    assert Key(THIRD).said(ev("a", 0), ev("c", 2), ev("b", 1)) == ["raised c/1"]


def test_an_event_exactly_as_late_as_allowed_is_not_late():
    key = Key(THIRD)
    key.see(ev("b", 10))
    assert not key.see(ev("a", 0)).late


def test_a_late_event_takes_back_the_alert_whose_ground_it_removes():
    key = Key(UNLESS)
    assert key.said(ev("a", 0, "login"), ev("c", 2)) == ["raised c/1"]
    (alert,) = key.see(ev("b", 1, "password_reset")).alerts
    assert line_of(alert) == "withdrawn c/2"
    assert (alert.measures, alert.thresholds, alert.evidence, alert.evidence_total) == ({}, {}, [], 0)
    assert alert.event_time == 2 * MINUTE
    assert alert.entity == {"user_id": "u1"}
    assert "late" in alert.explanation["en"]


def test_a_withdrawn_alert_that_finds_another_anchor_is_raised_again_with_the_next_revision():
    # 0a 2c | 1b takes it back | 3d 4e: a login after the reset, and a debit in the same hour
    key = Key(UNLESS)
    key.see(ev("a", 0, "login"), ev("c", 2), ev("b", 1, "password_reset"))
    assert key.said(ev("d", 3, "login"), ev("e", 4)) == ["raised e/3"]
    assert key.said(ev("f", 3.5, "password_reset")) == ["withdrawn e/4"]


def test_an_alert_whose_anchor_falls_while_another_holds_names_that_one():
    # 0a 2c 6d 7e: all three debits hold, c is named | 1b falls between a and c, but 5l is a login for d and e
    key = Key(UNLESS)
    assert key.said(ev("a", 0, "login"), ev("c", 2), ev("l", 5, "login"), ev("d", 6), ev("e", 7)) == [
        "raised c/1"
    ]
    assert key.said(ev("b", 1, "password_reset")) == ["raised d/2"]


def test_the_other_anchor_may_lie_beyond_the_reach_of_the_late_event():
    # within 2m: 30a 31b and 38c 39d hold, in one hour | the reset between a and b reaches 32:30
    rule = sequence(
        {"name": "login", "event": "login"},
        {"name": "pay", "event": "debit", "within": "2m", "unless": {"event": "password_reset"}},
    )
    key = Key(rule)
    events = ev("a", 30, "login"), ev("b", 31), ev("c", 38, "login"), ev("d", 39)
    assert key.said(*events) == ["raised b/1"]
    assert key.said(ev("x", 30.5, "password_reset")) == ["raised d/2"]
    assert key.said(ev("y", 38.5, "password_reset")) == ["withdrawn d/3"]


def test_an_anchor_of_another_severity_does_not_take_the_place_of_one_that_falls():
    # 31b is high, 39d is not: they are alerts apart, and nothing high is left when b falls
    rule = sequence(
        {"name": "login", "event": "login"},
        {"name": "pay", "event": "debit", "within": "2m", "unless": {"event": "password_reset"}},
        rule={"overrides": [{"where": {"pay.amount": 5}, "severity": "high"}]},
    )
    key = Key(rule)
    events = ev("a", 30, "login"), ev("b", 31, amount=5), ev("c", 38, "login"), ev("d", 39)
    assert key.said(*events) == ["raised b/1", "raised d/1"]
    assert key.said(ev("x", 30.5, "password_reset")) == ["withdrawn b/2"]


def test_an_earlier_anchor_that_arrives_late_leaves_the_name_alone():
    # 3c is named; 1a 2b make b hold as well: the alert stands as it was published
    rule = window({"count": {"gte": 1}})
    key = Key(rule)
    assert key.said(ev("c", 3)) == ["raised c/1"]
    assert key.said(ev("a", 1)) == []


def test_an_alert_named_after_a_later_anchor_stands_when_that_one_falls():
    # 10d is named, then 3b is found to hold too; 9c makes d fall: b is named now
    key = Key(UNLESS)
    assert key.said(ev("k", 8, "login"), ev("d", 10)) == ["raised d/1"]
    assert key.said(ev("a", 2, "login"), ev("b", 3)) == []
    assert key.said(ev("c", 9, "password_reset")) == ["raised b/2"]


def test_the_earliest_anchor_may_fall_without_a_word_while_the_named_one_holds():
    key = Key(UNLESS)
    key.see(ev("k", 8, "login"), ev("d", 10), ev("a", 2, "login"), ev("b", 3))
    assert key.said(ev("x", 2, "password_reset", ms=1)) == []
    key.restarted()
    assert key.said(ev("c", 9, "password_reset")) == ["withdrawn d/2"]


def test_the_second_of_two_anchors_at_one_time_is_looked_at_again():
    # 5b holds alone; 5a has the same time and comes before it in the order: now b is the second
    key = Key(window({"count": 1}, **QUIET))
    assert key.said(ev("b", 5)) == ["raised b/1"]
    assert key.said(ev("a", 5)) == ["withdrawn b/2", "raised a/1"]


def test_what_lies_exactly_a_span_after_a_late_event_is_looked_at_again():
    rule = sequence({"name": "login", "event": "login"}, {"name": "pay", "event": "debit", "within": "5m"})
    key = Key(rule)
    assert key.said(ev("c", 5), ev("a", 0, "login")) == ["raised c/1"]


def test_a_withdrawal_is_of_its_own_key_alone():
    rule = window({"count": 1}, by=["user_id", "merchant_id"])
    key = Key(rule)
    assert key.said(ev("b", 1, merchant_id="m1"), ev("d", 2, merchant_id="m2")) == [
        "raised b/1",
        "raised d/1",
    ]
    # 0a of m1: b is the second of m1; a itself is the first, so the alert of m1 is named anew
    assert key.said(ev("a", 0, merchant_id="m1")) == ["raised a/2"]


# Beyond the allowed lateness


def test_a_late_event_that_the_history_reaches_back_to_is_looked_at_and_says_so():
    # span 30m + lateness 10m: kept for 40m
    rule = window({"count": {"gte": 2}}, within="30m", **QUIET)
    key = Key(rule)
    key.see(ev("a", 0), ev("n", 40, "login"))
    observation = key.see(ev("b", 1))
    assert (observation.outcome, observation.late) == (Outcome.ACCEPTED, True)
    (alert,) = observation.alerts
    assert (line_of(alert), alert.late) == ("raised b/1", True)


def test_one_millisecond_beyond_the_allowed_lateness_is_late():
    rule = window({"count": {"gte": 1}}, within="30m", **QUIET)
    key = Key(rule)
    key.see(ev("n", 20, "login"))
    assert [alert.late for alert in key.see(ev("a", 10)).alerts] == [False]
    assert [alert.late for alert in key.see(ev("b", 10, ms=-1)).alerts] == [True]


def test_an_event_older_than_anything_that_would_be_kept_is_too_late():
    rule = window({"count": {"gte": 1}}, within="30m", **QUIET)
    key = Key(rule)
    key.see(ev("n", 41, "login"))
    assert key.see(ev("a", 1)).outcome is Outcome.ACCEPTED
    observation = key.see(ev("b", 1, ms=-1))
    assert observation == (Outcome.TOO_LATE, True, [])
    assert "b" not in key.history.ids


def test_how_long_an_event_is_kept_is_that_of_the_longest_rule_that_can_use_it():
    short, long = rules(
        window({"count": {"gte": 9}}), window({"count": {"gte": 9}}, within="1h", where={"amount": 5})
    )
    key = Key(short, long)
    key.see(ev("a", 0, amount=1), ev("b", 0, amount=5), ev("n", 21, "login"))
    key.restarted()
    assert key.history.ids == ["b", "n"]


def test_an_event_that_cancels_a_step_is_kept_like_one_that_serves_it():
    key = Key(UNLESS)
    key.see(ev("r", 0, "password_reset"), ev("n", 30, "device_bound"))
    assert key.restarted().history.ids == ["r", "n"]
    key.see(ev("m", 30, "device_bound", ms=1))
    assert key.restarted().history.ids == ["n", "m"]


def test_events_that_no_rule_uses_are_remembered_for_the_lateness_so_that_duplicates_are_known():
    key = Key(THIRD)
    key.see(ev("x", 0, "device_bound"), ev("y", 10, "device_bound"))
    assert key.see(ev("x", 0, "device_bound")).outcome is Outcome.DUPLICATE
    key.see(ev("z", 11, "device_bound"))
    assert key.see(ev("x", 0, "device_bound")).outcome is Outcome.TOO_LATE


def test_what_an_old_alert_rests_on_may_be_forgotten_so_it_is_not_taken_back_for_that():
    # a (0m) is in the 20m span of c (19m) until 30m; long keeps c for an hour. At 31m a is forgotten:
    # a late event beside c must not make c look as if it had never held.
    long = window({"count": {"gte": 99}}, event="debit", within="1h")
    pair = sequence({"name": "login", "event": "login"}, {"name": "pay", "event": "debit", "within": "19m"})
    key = Key(*rules(pair, long))
    assert key.said(ev("a", 0, "login"), ev("c", 19), ev("n", 31, "device_bound")) == ["raised c/1"]
    assert key.said(ev("b", 18)) == []


def test_what_is_over_is_not_seen_by_a_late_event_whether_it_was_tidied_up_already_or_not():
    # a is kept for 15m, b, which the long rule can use, for 70m: at 16m a is over, and b is not too late
    short, long = rules(
        window({"count": {"gte": 2}}, within="5m"),
        window({"count": {"gte": 99}}, within="1h", where={"amount": 5}),
    )
    for restart in (False, True):
        key = Key(short, long)
        key.see(ev("a", 0), ev("n", 16, "login"))
        assert key.history.ids == ["a", "n"]
        if restart:
            key.restarted()
        assert key.see(ev("b", 1, amount=5)) == (Outcome.ACCEPTED, True, [])


# Memory


def test_an_alert_record_outlives_its_history_for_the_period_and_the_lateness():
    # within 1m: a debit is kept for 11m; until 60m + 11m one of the period of 1h might still come
    rule = window({"count": {"gte": 1}}, within="1m")
    key = Key(rule)
    key.see(ev("a", 0), ev("n", 59, "login"))
    key.restarted()
    assert key.history.ids == ["n"]
    assert key.said(ev("b", 59)) == []
    key.see(ev("m", 71, "login"))
    assert len(key.restarted().history.alerts) == 1
    key.see(ev("o", 71, "login", ms=1))
    assert len(key.restarted().history.alerts) == 0


def test_an_alert_record_outlives_its_period_while_its_anchor_is_kept():
    # within 24h: 0a is kept for 24h 10m, and 30b, five hours late, falls into the period of its alert
    rule = window({"count": {"gte": 1}}, within="24h")
    key = Key(rule)
    assert key.said(ev("a", 0), ev("n", 5 * 60, "login")) == ["raised a/1"]
    key.restarted()
    assert key.see(ev("b", 30)) == (Outcome.ACCEPTED, True, [])


def test_a_key_is_kept_as_long_as_its_events_and_alerts_are_needed():
    rule = window({"count": {"gte": 2}}, within="30m")
    key = Key(rule)
    key.see(ev("a", 0))
    assert key.history.keep_until == 40 * MINUTE
    # b raises: until the period of 1h is over, and no event of it would be kept any more
    key.see(ev("b", 1))
    assert key.history.keep_until == 100 * MINUTE
    key.see(ev("n", 2, "login"))
    assert key.restarted().history.keep_until == 100 * MINUTE


def test_a_busy_key_forgets_what_is_over_without_being_told():
    key = Key(window({"count": {"gte": 999}}, within="1m"))
    sizes = []
    for number in range(2_000):
        key.see(ev(f"e{number:04}", number))
        sizes.append(len(key.history))
    assert max(sizes) <= 40


# Duplicates


@pytest.mark.parametrize(
    "copy", [ev("a", 0), ev("a", 0, amount=9), ev("a", 5)], ids=["same", "other amount", "other time"]
)
def test_a_second_event_of_an_id_is_dropped_and_the_first_to_arrive_counts(copy):
    key = Key(window({"count": {"gte": 2}}))
    key.see(ev("a", 0))
    assert key.see(copy) == (Outcome.DUPLICATE, False, [])
    assert key.history.times == [0]
    assert len(key.stored) == 1


def test_a_duplicate_is_known_as_long_as_its_first_is_kept_and_then_is_too_late():
    key = Key(window({"count": {"gte": 2}}, within="30m"))
    key.see(ev("a", 0), ev("n", 40, "login"))
    assert key.see(ev("a", 0)).outcome is Outcome.DUPLICATE
    key.see(ev("m", 41, "login"))
    assert key.see(ev("a", 0)).outcome is Outcome.TOO_LATE


@pytest.mark.parametrize("is_tidied", [False, True])
def test_which_anchor_is_named_anew_does_not_depend_on_when_a_history_was_tidied(is_tidied):
    # 20x 21y | 11a 12b come late: b holds too | at 30z a and b are over | 20.5c takes y back, and holds
    key = Key(window({"count": 2}, within="2m"))
    assert key.said(ev("x", 20), ev("y", 21), ev("a", 11), ev("b", 12), ev("z", 30)) == ["raised y/1"]
    if is_tidied:
        key.engine.settle(key.history)
    assert key.said(ev("c", 20.5)) == ["raised c/2"]


# The cap


def test_at_the_cap_all_is_exact_and_beyond_it_alerts_say_that_they_are_approximate():
    # cap 3, span (t - 10m, t]: 0a is folded by 3d, which has seen it
    key = Key(window({"count": {"gte": 1}}, **QUIET), cap=3)
    approximate = [key.see(event).alerts[0].approximate for event in debits(0, 1, 2, 3, 4, 13)]
    assert approximate == [False, False, False, False, True, False]
    assert len(key.history) == 3


def test_beyond_the_cap_what_is_expired_goes_first():
    # cap 2: n is of use for 10m alone, so at 11m it is n that goes, and nothing is cut
    key = Key(window({"count": {"gte": 1}}, within="1h"), cap=2)
    key.see(ev("n", 0, "login"), ev("a", 0), ev("b", 11))
    assert key.history.ids == ["a", "b"]
    assert key.history.folded is None


def test_what_is_expired_does_not_count_towards_the_cap():
    # cap 4, so five may be there: at 11m n is over, and the five others stay
    key = Key(window({"count": {"gte": 1}}, within="1h"), cap=4)
    key.see(ev("n", 0, "login"), *debits(1, 2, 3, 4), ev("e", 11))
    assert key.history.ids == ["a", "b", "c", "d", "e"]
    assert key.history.folded is None


def test_a_rule_whose_span_does_not_reach_the_cut_stays_exact():
    short, long = rules(
        window({"count": {"gte": 1}}, within="1m", **QUIET),
        window({"count": {"gte": 1}}, within="1h", **QUIET),
    )
    key = Key(short, long, cap=2)
    key.see(*debits(0, 1, 2))
    assert {a.rule_id: a.approximate for a in key.see(ev("z", 9)).alerts} == {"r0": False, "r1": True}


def test_lateness_is_in_event_time_so_a_pause_of_days_is_nothing_special():
    key = Key(THIRD)
    assert key.said(*debits(0, 1), ev("x", 48 * HOUR / MINUTE), ev("y", 48 * HOUR / MINUTE + 1)) == []


def test_the_floor_never_falls():
    # cap 2: 10a is folded by 12c | 5z comes late and is folded: 10a is missing still
    key = Key(window({"count": {"gte": 1}}, **QUIET), cap=2)
    key.see(*debits(10, 11, 12), ev("z", 5))
    assert key.history.folded.floor == (10 * MINUTE, "a")
    (alert,) = key.see(ev("e", 13)).alerts
    assert alert.approximate


def test_an_alert_whose_anchor_was_cut_is_not_taken_back_for_that():
    # cap 2: 10a is folded by 12y | 9z comes late, and a is looked for in vain
    rule = window(
        {"count": {"gte": 1}}, by=["user_id", "merchant_id"], event=["debit", "refund"], where={"amount": 1}
    )
    key = Key(rule, cap=2)
    assert key.said(ev("a", 10), ev("x", 11, "login"), ev("y", 12, "login")) == ["raised a/1"]
    assert key.said(ev("z", 9, merchant_id="m2")) == ["raised z/1"]


def test_a_restart_beyond_the_cap_changes_nothing():
    # cap 3: d folds a. What the store has is b c d and the bucket of a
    rule = window({"count": {"gte": 5}})
    key = Key(rule, cap=3)
    key.see(*debits(0, 1, 2, 3))
    kept = key.history.ids
    assert key.restarted().history.ids == kept
    assert key.said(ev("e", 4)) == ["raised e/1"]


def test_a_sequence_whose_span_just_reaches_the_cut_is_approximate():
    # cap 2, within 10m: at 10c the login 0a could count, and it is cut
    rule = sequence({"name": "login", "event": "login"}, {"name": "pay", "event": "debit", "within": "10m"})
    key = Key(rule, cap=2)
    key.see(ev("a", 0, "login"), ev("b", 0, "login"), ev("b2", 0, "login"))
    (alert,) = key.see(ev("c", 10)).alerts
    assert alert.approximate


def test_an_alert_is_not_raised_a_second_time_by_an_event_that_comes_beyond_the_lateness():
    # debits are kept for 24h 10m: 0a raises and is forgotten at n; 30b, of the same hour, is not too late
    short, long = rules(
        window({"count": {"gte": 1}}, within="5m"), window({"count": {"gte": 999}}, within="24h")
    )
    key = Key(short, long)
    assert key.said(ev("a", 0), ev("n", 24 * 60 + 21, "login")) == ["raised a/1"]
    assert key.see(ev("b", 30)) == (Outcome.ACCEPTED, True, [])


def test_a_rule_whose_key_changed_can_take_back_what_it_had_said():
    # by user 5a raised; after the change by user and merchant the late 4b looks at 5a again
    old = window({"count": {"gte": 1}}, event=["login", "debit"])
    new = window({"count": {"gte": 1}}, event=["login", "debit"], by=["user_id", "merchant_id"])
    key = Key(old)
    assert key.said(ev("a", 5, "login")) == ["raised a/1"]
    key.engine = Engine([new], LATENESS, CAP)
    assert key.said(ev("b", 4)) == ["withdrawn a/2", "raised b/1"]


def test_a_key_remembers_only_so_many_alerts_whether_it_is_read_back_or_not():
    # each debit is an alert of its own; every fifth beyond the cap has the oldest forgotten down to it
    rule = window({"count": {"gte": 1}}, within="24h", **QUIET)
    left_alone, read_back = Key(rule, cap=8), Key(rule, cap=8)
    for number in range(40):
        event = ev(f"e{number:02}", number)
        assert left_alone.said(event) == read_back.restarted().said(event) == [f"raised e{number:02}/1"]
        assert 8 <= len(left_alone.history.alerts) <= 10 or number < 8
        assert left_alone.history.alerts.keys() == read_back.history.alerts.keys()
        assert len(left_alone.stored) <= 40


def test_of_too_many_alerts_those_of_the_current_periods_are_remembered():
    # two merchants an hour: of the period that goes on nothing is said again, though many were said before
    rule = window({"count": {"gte": 1}}, by=["user_id", "merchant_id"], within="24h", cooldown="1h")
    key = Key(rule, cap=8)
    for hour in range(30):
        for minute, merchant, said in ((1, "m1", 1), (2, "m2", 1), (30, "m1", 0), (40, "m2", 0)):
            at = 60 * hour + minute
            lines = key.said(ev(f"{at:05}", at, merchant_id=merchant))
            assert len(lines) == said
    assert len(key.history.alerts) <= 10


def test_a_late_event_that_raises_alerts_over_folded_ones_leaves_no_more_of_them():
    rule = window({"count": {"gte": 1}}, within="24h", **QUIET)
    key = Key(rule, cap=8)
    for number in range(12):
        key.see(ev(f"e{number:02}", 100 + number))
    assert key.history.folded is not None
    for number in range(12):
        assert key.said(ev(f"l{number:02}", 50 + number)) == [f"raised l{number:02}/1"]
        assert len(key.history.alerts) <= 10


def test_an_event_that_no_total_counts_is_judged_by_the_totals_of_those_that_never_came():
    rule = select(
        {"count(logins)": {"gte": 1}, "max(paid.amount)": {"gte": 1}},
        logins={"event": "login"},
        paid={"event": "debit"},
    )
    assert Key(rule).said(ev("a", 0), ev("b", 1, "login")) == ["raised b/1"]
