"""Which parts the page has, and what their charts and tables say."""

from typing import Any

import msgspec

from detector.core.rule import Mode
from detector.replay.comparison import Change, Comparison
from detector.replay.judged import Judged, JudgedRule
from detector.replay.report import ReportData
from detector.replay.report.charts.chart import Chart
from detector.replay.report.sections import Section, sections
from detector.replay.report.tables import Table
from detector.replay.share import Share
from detector.replay.sweep import Sweep, SweepPoint
from detector.replay.what_if import Against

from .given import full, plain, quiet


def parts(data: ReportData) -> dict[str, Section]:
    return {part.name: part for part in sections(data)}


def chart(data: ReportData, name: str) -> Chart:
    (found,) = [one for part in sections(data) for one in part.charts if one.name == name]
    return found


def rows(data: ReportData, name: str) -> list[dict[str, Any]]:
    """The rows that a chart draws; altair gives them a name of its own where a chart has layers."""
    spec = chart(data, name).spec
    (only,) = spec["datasets"].values() if "datasets" in spec else [spec["data"]["values"]]
    return list(only)


def table(data: ReportData, name: str) -> list[dict[str, str]]:
    (found,) = [one for part in sections(data) for one in part.tables if one.name == name]
    return read(found)


def read(one: Table) -> list[dict[str, str]]:
    titles = [column.title for column in one.columns]
    return [dict(zip(titles, [cell.text for cell in row], strict=True)) for row in one.rows]


def test_only_what_was_asked_for_has_a_part():
    assert list(parts(full())) == ["rules", "against", "quality", "sweeps", "around"]
    assert list(parts(plain())) == ["rules"]


def test_a_run_without_alerts_has_no_chart_and_every_rule_in_its_table():
    assert parts(quiet())["rules"].charts == []
    assert {row["alerts"] for row in table(quiet(), "rules")} == {"0"}


def test_charts_count_every_alert_once():
    alerts = len(plain().answers.standing)
    for name in ("over-time", "by-rule", "rules-over-time"):
        assert sum(row["alerts"] for row in rows(plain(), name)) == alerts


def test_a_rule_that_is_off_has_no_row_and_one_in_shadow_has():
    first, second, *rest = plain().rules
    changed = [
        msgspec.structs.replace(first, mode=Mode.OFF),
        msgspec.structs.replace(second, mode=Mode.SHADOW),
        *rest,
    ]
    modes = {row["rule"]: row["mode"] for row in table(plain()._replace(rules=changed), "rules")}
    assert first.id not in modes
    assert modes[second.id] == "shadow"


def compared(found: Comparison) -> ReportData:
    answers = full().answers
    against = Against("before/", answers.standing, found, None, None)
    return full()._replace(answers=answers._replace(against=against))


def test_a_comparison_draws_what_goes_to_the_left_and_what_comes_to_the_right():
    first, second, third, *_ = full().answers.standing.values()
    changes = [Change(second, second, ("action",))]
    data = compared(Comparison(added=[first], removed=[first, third], changed=changes, same=0))
    drawn = {(row["rule"], row["what"]): row["bar"] for row in rows(data, "changes-by-rule")}
    expected = {(first.rule_id, "added"): 1, (second.rule_id, "changed"): 1}
    for one in (first, third):
        expected[one.rule_id, "removed"] = expected.get((one.rule_id, "removed"), 0) - 1
    assert drawn == expected


def test_a_change_says_how_it_differs():
    one, *_ = full().answers.standing.values()
    later = msgspec.structs.replace(one, event_time=one.event_time + 90_000, severity="critical")
    change = Change(one, later, ("severity_up", "later", "to_live"))
    (row,) = table(compared(Comparison([], [], [change], 0)), "differing")
    assert (row["change"], row["how"]) == ("changed", f"{one.severity} before, 1 min 30 s later, now live")


def test_a_comparison_without_differences_says_so_and_draws_nothing():
    part = parts(compared(Comparison([], [], [], same=71)))["against"]
    assert "nothing differs: all 71 alerts are the same" in part.note
    assert (list(part.charts), list(part.tables)) == ([], [])


def test_quality_says_what_labels_were_not_found_and_what_shadow_rules_raised():
    answers = full().answers
    assert answers.quality is not None
    quality = answers.quality._replace(absent=12, in_shadow=34)
    note = parts(full()._replace(answers=answers._replace(quality=quality)))["quality"].note
    assert "12 labelled events are not among those that were read" in note
    assert "34 alerts of rules in shadow" in note


def test_a_share_is_drawn_with_its_interval_and_none_is_not_drawn():
    answers = full().answers
    assert answers.quality is not None
    first, second, *_ = answers.quality.rules
    rules = [first._replace(precision=Share(3, 4)), second._replace(precision=Share(0, 0))]
    data = full()._replace(answers=answers._replace(quality=answers.quality._replace(rules=rules)))
    (row,) = rows(data, "precision-by-rule")
    assert (row["name"], row["share"], row["told"]) == (first.rule_id, 0.75, "3 of 4: 75.0%")
    assert 0 < row["low"] < 0.75 < row["high"] < 1


def test_what_analysts_said_has_a_part_of_its_own():
    judged = Judged(
        alerts=10,
        precision=Share(3, 4),
        recall=Share(1, 2),
        unclear=1,
        unjudged=5,
        outside=0,
        rules=[JudgedRule("r", Mode.LIVE, 10, Share(3, 4))],
    )
    answers = full().answers._replace(quality=None, judged=judged)
    part = parts(full()._replace(answers=answers))["judged"]
    assert "of 10 alerts nobody has looked at 5, 1 were unclear" in part.note
    assert read(part.tables[0])[0]["confirmed"] == "75.0%"


def swept(*points: SweepPoint) -> ReportData:
    return full()._replace(
        answers=full().answers._replace(sweeps=(Sweep("r", "when.0.count.gte", list(points)),))
    )


def test_a_sweep_with_labels_draws_right_and_wrong_alerts_and_the_curve():
    data = swept(SweepPoint("3", 10, 0.7, 0.9, False, 7, 9, 10), SweepPoint("4", 5, 1.0, 0.5, True, 5, 5, 10))
    bars = [(row["value"], row["what"], row["alerts"]) for row in rows(data, "sweep-0-alerts")]
    assert bars == [
        ("3", "about a fraud", 7),
        ("3", "about none", 3),
        ("4", "about a fraud", 5),
        ("4", "about none", 0),
    ]
    curve = [
        (row["value"], row["precision"], row["recall"], row["current"]) for row in rows(data, "sweep-0-curve")
    ]
    assert curve == [("3", 0.7, 0.9, False), ("4", 1.0, 0.5, True)]


def test_a_sweep_without_labels_draws_alerts_alone():
    data = swept(SweepPoint("3", 10, None, None, False), SweepPoint("4", 5, None, None, True))
    assert [one.name for one in parts(data)["sweeps"].charts] == ["sweep-0-alerts"]
    assert [(row["what"], row["alerts"]) for row in rows(data, "sweep-0-alerts")] == [
        ("alerts", 10),
        ("alerts", 5),
    ]


def test_a_sweep_that_catches_nothing_anywhere_draws_alerts_alone():
    data = swept(SweepPoint("3", 0, None, 0.0, False, 0, 0, 1), SweepPoint("4", 0, None, 0.0, True, 0, 0, 1))
    assert [one.name for one in parts(data)["sweeps"].charts] == ["sweep-0-alerts"]
