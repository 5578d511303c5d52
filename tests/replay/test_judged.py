"""Alerts held against what analysts said of earlier ones."""

from detector.core.disposition import Disposition
from detector.core.rule import Mode
from detector.replay.judged import judged
from detector.replay.labels import Judgement
from detector.replay.share import Share

from .given import alert

CONFIRMED, WRONG, UNCLEAR = Disposition.CONFIRMED, Disposition.FALSE_POSITIVE, Disposition.UNCLEAR
ALWAYS = (0, 10**13)


def test_precision_is_over_what_was_found_right_or_wrong():
    said = [Judgement("a", CONFIRMED), Judgement("b", WRONG), Judgement("c", UNCLEAR)]
    found = judged([alert(name) for name in "abcd"], said, ALWAYS)
    assert (found.alerts, found.precision, found.unclear, found.unjudged) == (4, Share(1, 2), 1, 1)


def test_recall_is_over_confirmed_alerts():
    said = [Judgement("a", CONFIRMED), Judgement("gone", CONFIRMED), Judgement("wrong", WRONG)]
    assert judged([alert("a")], said, ALWAYS).recall == Share(1, 2)


def test_the_newest_disposition_counts():
    said = [Judgement("a", WRONG), Judgement("a", CONFIRMED)]
    assert judged([alert("a")], said, ALWAYS).precision == Share(1, 1)


def test_another_alert_of_a_case_has_its_disposition():
    said = [
        Judgement("gone", UNCLEAR, "c"),
        Judgement("gone too", CONFIRMED, "c"),
        Judgement("also gone", WRONG, "c"),
    ]
    found = judged([alert("a", case_id="c"), alert("b")], said, ALWAYS)
    assert (found.precision, found.recall, found.unjudged) == (Share(1, 1), Share(1, 1), 1)


def test_what_was_said_of_the_alert_itself_goes_before_its_case():
    said = [Judgement("a", WRONG, "c"), Judgement("gone", CONFIRMED, "c")]
    assert judged([alert("a", case_id="c")], said, ALWAYS).precision == Share(0, 1)


def test_dispositions_of_other_times_than_the_events_count_nowhere():
    said = [Judgement("a", CONFIRMED, event_time=5), Judgement("b", CONFIRMED, event_time=21)]
    found = judged([alert("a")], said, (5, 20))
    assert (found.recall, found.outside) == (Share(1, 1), 1)


def test_rules_in_shadow_count_by_rule_only():
    alerts = [alert("a"), alert("b", rule_id="s", mode=Mode.SHADOW)]
    found = judged(alerts, [Judgement("a", WRONG), Judgement("b", CONFIRMED)], ALWAYS)
    assert (found.precision, found.recall) == (Share(0, 1), Share(0, 1))
    assert [(one.rule_id, one.alerts, one.precision) for one in found.rules] == [
        ("r", 1, Share(0, 1)),
        ("s", 1, Share(1, 1)),
    ]
