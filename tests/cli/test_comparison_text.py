"""What a person reads of a comparison."""

import pytest

from detector.cli.comparison_text import print_comparison
from detector.core.alert import Alert
from detector.core.rule import Mode, Severity
from detector.replay.comparison import compare

from ..replay.given import alert, by_id

AMOUNT = {"amount": 123_450}


def printed(capsys: pytest.CaptureFixture[str], before: list[Alert], after: list[Alert]) -> list[str]:
    first, second = by_id(*before), by_id(*after)
    print_comparison("old/", compare(first, second), first, second)
    return capsys.readouterr().out.splitlines()


def test_it_begins_with_what_differs_and_what_is_at_stake(capsys):
    before = [alert("same"), alert("gone", 50, anchor={"amount": 5}), alert("moved", 100)]
    after = [alert("same"), alert("new", 300, anchor=AMOUNT), alert("moved", 90)]
    assert printed(capsys, before, after)[0] == (
        "alerts against old/: 1 added (1,234.50 yuan at stake), 1 removed (0.05 yuan), "
        "1 changed (1 earlier), 1 the same"
    )


def test_where_nothing_differs_one_line_says_so(capsys):
    assert printed(capsys, [alert("a")], [alert("a")]) == [
        "alerts against old/: 0 added (0.00 yuan at stake), 0 removed (0.00 yuan), 0 changed, 1 the same"
    ]


def test_each_rule_has_a_row(capsys):
    lines = printed(capsys, [], [alert("a", anchor=AMOUNT), alert("b", 90, rule_id="s")])
    rows = [line.split() for line in lines]
    assert ["r", "0", "1", "1", "0", "0", "1,234.50", "0.00"] in rows
    assert ["s", "0", "1", "1", "0", "0", "0.00", "0.00"] in rows


def test_examples_say_who_when_what_and_why(capsys):
    text = {"en": "5 debits [at once]", "zh": "五笔"}
    lines = printed(capsys, [], [alert("a1", 5, anchor=AMOUNT, explanation=text)])
    place = lines.index("added:")
    assert lines[place + 1 :] == [
        "  1970-01-01 00:05:00 r medium, user_id u1, 1,234.50 yuan, a1",
        "    5 debits [at once]",
    ]


def test_a_change_says_what_it_was_before(capsys):
    before = alert("a", 7, severity=Severity.HIGH, mode=Mode.SHADOW, action="notify")
    lines = printed(capsys, [before], [alert("b", 5, since=0, case_id=before.case_id)])
    place = lines.index("changed:")
    assert lines[place + 1 :] == [
        "  less grave, earlier, other action, goes live: "
        "1970-01-01 00:05:00 r medium, user_id u1, 0.00 yuan, b",
        "    before: 1970-01-01 00:07:00 high, notify",
    ]


def test_of_many_only_a_few_are_shown_and_it_says_so(capsys):
    lines = printed(capsys, [], [alert(f"a{n}", 90 * n) for n in range(7)])
    assert "added, 5 of 7:" in lines


def test_what_events_hold_is_neither_markup_nor_emoji_nor_a_command_to_the_terminal(capsys):
    named = {"user_id": "u[/a]:cat:", "merchant_id": "m[/b]\x1b[31m"}
    text = {"en": "in [red]\x1b[2J", "zh": "五笔"}
    lines = printed(capsys, [], [alert("a1", 5, entity=named, explanation=text)])
    assert (
        "  1970-01-01 00:05:00 r medium, user_id u[/a]:cat:, merchant_id m[/b]\\x1b[31m, 0.00 yuan, a1"
        in lines
    )
    assert "    in [red]\\x1b[2J" in lines
    assert any(line.startswith("m[/b]\\x1b[31m ") for line in lines)
