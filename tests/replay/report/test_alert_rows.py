"""Which alerts the table shows, and what it says of them."""

import msgspec

from detector.core.alert import Alert
from detector.core.rule import Mode
from detector.replay.report.alert_rows import alert_table
from detector.replay.report.tables import Table

from .given import full


def some(rule_id: str, times: range) -> list[Alert]:
    """Alerts of a rule at these times."""
    one = next(iter(full().answers.standing.values()))
    return [
        msgspec.structs.replace(one, rule_id=rule_id, alert_id=f"{rule_id}{time}", event_time=time)
        for time in times
    ]


def column(table: Table, title: str) -> list[str]:
    place = [each.title for each in table.columns].index(title)
    return [row[place].text for row in table.rows]


def test_a_noisy_rule_does_not_hide_a_rare_one_and_the_newest_are_shown():
    table = alert_table([*some("noisy", range(100)), *some("rare", range(2))], None, most=10)
    assert column(table, "alert id") == ["rare0", "rare1", *(f"noisy{time}" for time in range(92, 100))]
    assert table.note.startswith("10 of 102 alerts")
    assert "the other 92 are not in this file" in table.note


def test_all_are_shown_in_the_order_of_time_where_there_is_room():
    table = alert_table([*some("b", range(3, 0, -1)), *some("a", range(2))], None, most=5)
    assert column(table, "alert id") == ["a0", "a1", "b1", "b2", "b3"]
    assert table.note == ""


def test_labels_say_of_each_alert_whether_it_is_about_a_fraud():
    quality = full().answers.quality
    assert quality is not None
    right, wrong = some("right", range(1)), some("wrong", range(1))
    shadow = [msgspec.structs.replace(one, mode=Mode.SHADOW) for one in some("shadow", range(1))]
    table = alert_table([*right, *wrong, *shadow], quality._replace(wrong=wrong))
    assert dict(zip(column(table, "alert id"), column(table, "label"), strict=True)) == {
        "right0": "fraud",
        "wrong0": "no fraud",
        # Of single ones nothing is said.
        "shadow0": "",
    }


def test_a_column_in_which_no_alert_says_anything_is_left_out():
    alerts = some("r", range(2))
    bare = [
        msgspec.structs.replace(one, anchor=msgspec.structs.replace(one.anchor, merchant_id=None))
        for one in alerts
    ]
    assert "merchant" in [each.title for each in alert_table(alerts, None).columns]
    assert "merchant" not in [each.title for each in alert_table(bare, None).columns]
