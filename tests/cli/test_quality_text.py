"""What a person reads of quality and sweeps."""

import pytest

from detector.cli.figures import percent, span
from detector.cli.quality_text import print_judged, print_quality, print_sweep
from detector.core.disposition import Disposition
from detector.core.rule import Mode
from detector.replay.fact import Fact
from detector.replay.judged import judged
from detector.replay.labels import Judgement, Labelled
from detector.replay.quality import Observed, quality
from detector.replay.share import Share
from detector.replay.sweep import Sweep, SweepPoint

from ..core.given import HOUR, MINUTE
from ..replay.given import alert


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (59, "59 s"), (90, "1.5 min"), (9_000, "2.5 h"), (200_000, "2.31 d")]
)
def test_a_duration_is_told_in_the_largest_unit_of_which_it_is_one(seconds, told):
    assert span(seconds) == told


def test_a_share_is_told_with_its_counts_and_how_sure_it_is():
    assert percent(Share(47, 50)) == "94.0 % (47 of 50; 84-98 %)"
    assert percent(Share(0, 0)) == "- (of none)"


def rows(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Each line that was printed, with single blanks."""
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_quality_is_told_overall_and_by_rule_and_kind(capsys):
    events = [
        Fact("x", "u1", "debit", 0, 30_000, "m1", None, None),
        Fact("y", "u2", "transfer", 0, 500_000, None, None, None),
    ]
    labels = [
        Labelled("x", "f1", "burst", "", "slow"),
        Labelled("y", "f2", "scam"),
        Labelled("elsewhere", "f3"),
    ]
    alerts = [
        alert("a", 2, since=0, events=["x"]),
        alert("b", 50, rule_id="s"),
        alert("c", 2, events=["x"], rule_id="t", mode=Mode.SHADOW),
    ]
    facts = {event.event_id: event for event in events}

    print_quality(quality(alerts, labels, facts, Observed(1_000, 24 * HOUR)))

    lines = rows(capsys)
    assert lines[:5] == [
        "precision: 50.0 % (1 of 2; 9-91 %) of the alerts are about a labelled fraud",
        "recall: 50.0 % (1 of 2; 9-91 %) of the labelled frauds are caught",
        "noise: 2 alerts per 1,000 users a day (2 alerts, 1,000 users, 1 days)",
        "in shadow, and counted in the table of rules only: 1 alerts",
        "labelled, but not among the events read, so that nothing is said of them: 1",
    ]
    assert "r 100.0 % (1 of 1; 21-100 %) 1 1" in lines
    assert "s 0.0 % (0 of 1; 0-79 %) 0 0" in lines
    assert "t (shadow) 100.0 % (1 of 1; 21-100 %) 1 0" in lines
    assert "burst 100.0 % (1 of 1; 21-100 %) 2 min 2 min 300.00 0 of 1 0.00" in lines
    assert "scam 0.0 % (0 of 1; 0-79 %) - - - 0 of 1 5,000.00" in lines
    assert "all 50.0 % (1 of 2; 9-91 %) 2 min 2 min 300.00 0 of 2 5,000.00" in lines
    place = lines.index("caught, by variant:")
    assert lines[place + 1 :] == [
        "fraud none named slow",
        "burst 1 of 1",
        "scam 0 of 1",
        "",
        "missed: f2",
    ]


def test_the_rules_before_are_told_in_short(capsys):
    fact = Fact("x", "u1", "debit", 0, 1, None, None, None)
    now, before = (
        quality(alerts, [Labelled("x", "f")], {"x": fact}, Observed(1_000, 24 * HOUR))
        for alerts in ([alert("a", 1, events=["x"])], [])
    )

    print_quality(now, before)

    assert rows(capsys)[:7] == [
        "precision: 100.0 % (1 of 1; 21-100 %) of the alerts are about a labelled fraud",
        "recall: 100.0 % (1 of 1; 21-100 %) of the labelled frauds are caught",
        "noise: 1 alerts per 1,000 users a day (1 alerts, 1,000 users, 1 days)",
        "before:",
        "precision: - (of none) of the alerts are about a labelled fraud",
        "recall: 0.0 % (0 of 1; 0-79 %) of the labelled frauds are caught",
        "noise: 0 alerts per 1,000 users a day (0 alerts, 1,000 users, 1 days)",
    ]


def test_dispositions_leave_open_what_nobody_judged(capsys):
    said = [
        Judgement("a", Disposition.CONFIRMED),
        Judgement("b", Disposition.UNCLEAR),
        Judgement("old", Disposition.CONFIRMED, event_time=-1),
    ]

    print_judged(judged([alert("a"), alert("b"), alert("c")], said, (0, MINUTE)))

    assert rows(capsys) == [
        "precision: 100.0 % (1 of 1; 21-100 %) of the alerts that were judged are confirmed",
        "recall: 100.0 % (1 of 1; 21-100 %) of the alerts confirmed before are raised again",
        "unknown: of 3 alerts 1 judged by nobody, 1 unclear; "
        "what no rule ever alerted on is not known at all",
        "left aside, as dispositions of alerts before or after the events read: 1",
        "",
        "rule alerts precision of those judged",
        "r 3 100.0 % (1 of 1; 21-100 %)",
    ]


def test_a_sweep_is_a_curve_with_the_present_value_marked(capsys):
    points = [
        SweepPoint("3", 48, 0.5, 1.0, False, 24, 6, 6),
        SweepPoint("5", 12, 1.0, 0.5, True, 12, 3, 6),
        SweepPoint("9", 0, None, 0.0, False, 0, 0, 6),
    ]

    print_sweep(Sweep("r", "when.count.gte", points))

    assert rows(capsys) == [
        "r: when.count.gte",
        "value alerts precision recall caught",
        f"3 48 {'█' * 24} 50.0 % 100.0 % 6 of 6",
        f"5 now 12 {'█' * 6} 100.0 % 50.0 % 3 of 6",
        "9 0 - 0.0 % 0 of 6",
    ]


def test_without_labels_a_sweep_says_how_many_alerts(capsys):
    print_sweep(Sweep("r", "cooldown", [SweepPoint("1h", 2, None, None, False)]))

    assert rows(capsys) == [
        "r: cooldown",
        "value alerts",
        f"1h 2 {'█' * 24}",
        "the rule has none of these values now",
    ]
