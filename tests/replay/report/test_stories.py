"""Which cases are told, and how."""

import msgspec

from detector.core.alert import Alert, AnchorEvent, EvidenceEvent
from detector.core.rule import Severity
from detector.replay.fact import Fact
from detector.replay.frauds import Fraud
from detector.replay.report.data import ReportData
from detector.replay.report.stories import Story, stories

from .given import full, only_alerts

MINUTE = 60_000


def alert(
    case: str, *minutes: float, severity: str = "high", amount: int | None = None, total: int = 0
) -> Alert:
    """An alert of a case over events at these minutes, the last of which raised it."""
    one = next(iter(full().answers.standing.values()))
    evidence = [
        EvidenceEvent(event_id=f"{case}{minute}", type="debit", event_time=round(minute * MINUTE))
        for minute in minutes
    ]
    return msgspec.structs.replace(
        one,
        alert_id=f"{case}{minutes}{severity}",
        case_id=case,
        rule_id="r",
        severity=Severity(severity),
        anchor=AnchorEvent(event_id=evidence[-1].event_id, type="debit", amount=amount),
        event_time=evidence[-1].event_time,
        measures={},
        evidence=evidence,
        evidence_total=total or len(evidence),
    )


def given(*alerts: Alert) -> ReportData:
    return only_alerts({one.alert_id: one for one in alerts})


def only(data: ReportData) -> Story:
    ((_, _, (story,)),) = stories(data)
    return story


def test_a_case_is_told_once_with_its_alerts_in_order_and_each_event_once():
    story = only(given(alert("c", 0, 10, 12, severity="critical"), alert("c", 0, 10)))
    assert [one.alert.severity for one in story.alerts] == ["high", "critical"]
    assert [(one.since_start, one.place, one.raised) for one in story.moments] == [
        ("start", 0, None),
        ("+10 min", 100 * 10 / 12, "high"),
        ("+12 min", 100, "critical"),
    ]
    assert story.lasted == "12 min"


def test_of_a_rule_the_gravest_cases_are_told_and_of_those_the_ones_with_most_at_stake():
    grave, dear = alert("grave", 1, severity="critical"), alert("dear", 2, amount=500)
    ((_, _, found),) = stories(given(dear, alert("cheap", 3, amount=400), grave))
    assert [story.moments[0].event_id for story in found] == ["grave1", "dear2"]


def test_amounts_are_those_of_anchors_and_of_what_else_is_known():
    known = {"c0": Fact("c0", "u1", "debit", 0, 250, None, None, None)}
    data = given(alert("c", 0, 1, 2, amount=999))._replace(facts=known)
    assert [one.amount for one in only(data).moments] == [
        "2.50",
        "",
        "9.99",
    ]


def test_of_many_events_the_first_and_the_last_are_listed_and_the_others_counted():
    story = only(given(alert("c", *range(20), total=70)))
    listed = [one and one.since_start for one in story.listed]
    assert listed == ["start", "+1 min", "+2 min", None, *(f"+{minute} min" for minute in range(11, 20))]
    # Eight of those at hand, and fifty that the alert itself leaves out.
    assert (story.left_out, story.total) == (58, 70)
    assert len(story.moments) == 20


def test_a_single_event_stands_in_the_middle():
    assert [one.place for one in only(given(alert("c", 5))).moments] == [50]


def test_labels_tell_of_alerts_about_no_fraud_and_of_frauds_without_an_alert():
    events = tuple(Fact(f"f{n}", "u9", "transfer", n * MINUTE, 100, None, None, None) for n in range(2))
    missed = [Fraud("f", "remote-session", "slow", events)]
    wrong = alert("wrong", 1)
    quality = full().answers.quality
    assert quality is not None
    data = given(alert("right", 2), wrong)
    answers = data.answers._replace(quality=quality._replace(wrong=[wrong], missed=missed))
    found = list(stories(data._replace(answers=answers)))
    assert [group.title for group in found] == ["Cases", "Alerts about no fraud", "Frauds without an alert"]
    assert [group.stories[0].moments[0].event_id for group in found] == ["right2", "wrong1", "f0"]
    assert (found[2].stories[0].title, found[2].stories[0].who) == ("remote-session, slow", "u9")


def test_a_fraud_on_many_users_names_their_merchant_and_not_each_of_them():
    events = tuple(Fact(f"f{n}", f"u{n}", "instalment", n, 100, "m7", None, None) for n in range(40))
    quality = full().answers.quality
    assert quality is not None
    answers = given().answers._replace(
        quality=quality._replace(wrong=[], missed=[Fraud("f", "surge", "", events)])
    )
    ((_, _, (story,)),) = stories(given()._replace(answers=answers))
    assert (story.title, story.who) == ("surge", "40 users at m7")
