"""What is said of a trial before its figures: when these prove less than they seem to."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from detector.cli.diff_live_text import Trial, document, notes, print_overview, print_trial
from detector.cli.pairs import Pair
from detector.core.rule import Mode, Severity
from detector.replay.side_by_side import side_by_side
from tests.core.given import HOUR, MINUTE, window
from tests.replay.given import alert

LIVE = window({"count": 5}, id="burst")
SHADOW = window({"count": 4}, id="burst-2", mode="shadow")
SINCE, UNTIL = 48 * HOUR, 72 * HOUR


def live(alert_id: str, hour: float, **fields: Any) -> tuple[Any, int]:
    fields = {"rule_version": LIVE.version, "rule_id": "burst"} | fields
    return alert(alert_id, round(hour * 60), **fields), round(hour * HOUR)


def shadow(alert_id: str, hour: float, **fields: Any) -> tuple[Any, int]:
    fields = {"rule_version": SHADOW.version, "rule_id": "burst-2", "mode": Mode.SHADOW} | fields
    return alert(alert_id, round(hour * 60), **fields), round(hour * HOUR)


def trial(*said: tuple[Any, int], lost: tuple[str, ...] = (), pair: Pair | None = None) -> Trial:
    pair = pair or Pair(SHADOW, LIVE, "which it is named after")
    found = side_by_side(pair.shadow, pair.live, said, SINCE)
    return Trial(pair, SINCE, UNTIL, SINCE - 24 * HOUR, list(lost), found)


def test_nothing_is_said_where_the_rule_has_run_all_the_time_unchanged() -> None:
    assert notes(trial(shadow("A", 30), live("a", 50), live("b", 70), shadow("B", 70))) == []


def test_a_rule_without_alerts_may_not_have_run() -> None:
    assert notes(trial(live("a", 50))) == [
        "burst-2 has raised nothing since 1970-01-02 00:00:00: nothing here says that it ran"
    ]


def test_what_is_older_than_the_first_alert_of_the_rule_proves_nothing() -> None:
    said = [live("a", 50), live("b", 60), live("c", 71), shadow("A", 69)]
    assert notes(trial(*said)) == [
        "the first alert of burst-2 is of 1970-01-03 21:00:00, nothing here says that it ran before: "
        "2 of the 3 removed are older, --since 3h leaves them out"
    ]


@pytest.mark.parametrize(("hour", "since"), [(72 - 1.75, "105m"), (72 - 2.75, "2h"), (71.999, "1m")])
def test_the_option_that_leaves_them_out_does_not_reach_further_back(hour: float, since: str) -> None:
    (note,) = notes(trial(live("a", 50), shadow("A", hour)))
    assert f"--since {since} " in note


def test_a_change_of_either_rule_is_told_with_its_versions() -> None:
    found = notes(
        trial(
            shadow("A", 30),
            shadow("B", 50, rule_version="w1"),
            shadow("C", 60),
            shadow("D", 62),
            live("a", 51),
            live("b", 70, rule_version="v2"),
        )
    )
    assert found == [
        f"burst-2 was changed meanwhile: version w1 from 1970-01-03 02:00:00 (alerts: 1), {SHADOW.version} "
        "from 1970-01-03 12:00:00 (alerts: 2); --since 12h shows the last",
        f"burst was changed meanwhile: version {LIVE.version} from 1970-01-03 03:00:00 (alerts: 1), v2 from "
        "1970-01-03 22:00:00 (alerts: 1); --since 2h shows the last",
        f"burst is version {LIVE.version} in the rules given here, but its latest alert is of version v2: "
        "do the workers have other files?",
    ]


def test_a_topic_that_may_have_lost_alerts_is_named() -> None:
    assert notes(trial(shadow("A", 30), lost=("fraud.alerts",))) == [
        "topic fraud.alerts has nothing left of 1970-01-02 00:00:00: its retention may have deleted alerts"
    ]


def test_one_trial_is_printed_with_its_notes_before_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    print_trial(trial(live("a", 50), shadow("A", 71)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "burst-2, in shadow, against burst, live, which it is named after",
        "alerts of 1970-01-03 00:00:00 to 1970-01-04 00:00:00 UTC",
    ]
    assert lines[2].startswith("note: the first alert of burst-2")
    assert lines[4].startswith("alerts against burst: 1 added (0.00 yuan at stake), 1 removed (0.00 yuan)")


def test_all_trials_are_a_row_each_also_those_against_none(capsys: pytest.CaptureFixture[str]) -> None:
    other = msgspec.structs.replace(SHADOW, id="other")
    said = [live("a", 50), shadow("A", 50), shadow("B", 60, anchor={"amount": 150_000})]
    print_overview(
        [
            trial(*said),
            trial((alert("x", 3600, rule_id="other"), 60 * HOUR), pair=Pair(other, None, "none is live")),
        ]
    )
    out, err = capsys.readouterr()
    assert [line.split() for line in out.splitlines()[1:]] == [
        ["burst-2", "burst", "2", "1", "1", "0", "0", "1", "1,500.00", "0.00"],
        ["other", "-", "1", "0", "1", "0", "0", "0", "0.00", "0.00"],
    ]
    assert "other: it is set against none, so all counts as added: none is live\n" in err


def test_a_program_gets_the_same_as_one_document() -> None:
    (one,) = document([trial(live("a", 50), shadow("A", 71), shadow("B", 71 + MINUTE / HOUR))])["rules"]
    assert (one["shadow_rule"], one["live_rule"]) == ("burst-2", "burst")
    assert (one["since"], one["until"], one["first_shadow_alert"]) == (SINCE, UNTIL, 71 * HOUR)
    assert one["removed_before_first_shadow_alert"] == 1
    assert [version["alerts"] for version in one["shadow_versions"]] == [2]
    assert (one["comparison"]["added"], one["comparison"]["removed"]) == (2, 1)
    assert len(one["notes"]) == 1


def test_money_that_two_alerts_name_is_at_stake_once_in_the_overview_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    paid = {"anchor": {"amount": 150_000}}
    print_overview([trial(shadow("A", 50, **paid), shadow("B", 50, severity=Severity.CRITICAL, **paid))])
    (_, row) = capsys.readouterr().out.splitlines()
    assert row.split() == ["burst-2", "burst", "2", "0", "2", "0", "0", "0", "1,500.00", "0.00"]
