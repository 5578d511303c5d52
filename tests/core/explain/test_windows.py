"""What is said of a window rule: each case is one thing that an analyst asks."""

from copy import deepcopy

from detector.core.engine import Engine
from detector.core.explain.explainer import Explainer
from detector.core.explain.explanation import Unit
from detector.core.explain.text import told, told_in_short
from detector.core.history import Entry, History
from tests.core.explain.given import explained, lines, observed
from tests.core.given import debits, ev, select, window

BURST = window([{"count": {"gte": 5}}, {"sum(amount)": {"gte": 100_000}}], cooldown="30m")


def test_how_many_are_missing_and_when_the_oldest_no_longer_counts() -> None:
    found = explained(BURST, *debits(0, 1, 2, 3, amount=20_500))
    assert not found.holds
    assert lines(found) == [
        "for user_id u1",
        "does not hold: debit d at 00:03:00",
        "conditions, one of these lines is enough:",
        "✗ count 4 of 5 (1 short)",
        "✗ sum(amount) 820.00 yuan of 1,000.00 yuan (180.00 yuan short)",
        "counted after 1969-12-31 23:53:00, up to 00:03:00: 4 events; the oldest leaves at 00:10:00",
        "00:00:00  debit  a",
        "00:01:00  debit  b",
        "00:02:00  debit  c",
        "00:03:00  debit  d",
        "if another such event came at 00:03:00, it would hold: count 5 (≥ 5) "
        "or sum(amount) 1,025.00 yuan (≥ 1,000.00 yuan)",
    ]


def test_the_same_in_chinese() -> None:
    found = explained(BURST, *debits(0, 1, 2, 3, amount=20_500))
    assert lines(found, "zh")[:5] == [
        "对象：user_id u1",
        "规则不成立：00:03:00的debit d",
        "条件（满足以下任一行即可）：",
        "✗ count 4，需达到5（还差1）",
        "✗ sum(amount) 820.00元，需达到1,000.00元（还差180.00元）",
    ]


def test_of_alternatives_the_one_that_holds_is_marked() -> None:
    found = explained(BURST, *debits(0, 1, amount=50_000))
    assert found.holds
    assert "✗ count 2 of 5 (3 short)" in lines(found)
    assert "✓ sum(amount) 1,000.00 yuan (≥ 1,000.00 yuan)" in lines(found)
    assert (
        told_in_short(found, "en") == "✓ sum(amount) 1,000.00 yuan (≥ 1,000.00 yuan) at 1970-01-01 00:01:00"
    )


def test_a_later_anchor_of_a_period_is_quiet_and_told_which_event_alerted() -> None:
    found = explained(BURST, *debits(0, 1, 2, 3, 4, 5))
    [held] = found.held
    assert held.said is not None
    assert lines(found)[1:4] == [
        "holds, severity medium: debit f at 00:05:00",
        f"alert {held.alert_id}, revision 1: raised by e at 00:04:00",
        "cooldown until 00:30:00: no further alert of severity medium before that",
    ]


def test_without_a_cooldown_there_is_none_to_tell_of() -> None:
    found = explained(window({"count": {"gte": 1}}, cooldown="0s"), *debits(0))
    assert not [line for line in lines(found) if "cooldown" in line]


def test_an_alert_that_was_withdrawn_is_on_record_as_such() -> None:
    rule = select(
        {"count(a) / count(b)": {"gte": 1}, "count(a)": {"gte": 2}},
        a={"event": "debit"},
        b={"event": "transfer"},
    )
    late = [ev(f"t{n}", 0.5 + n / 10, "transfer") for n in range(3)]
    found = explained(rule, ev("t", 0, "transfer"), *debits(1, 2), *late)
    assert not found.holds
    assert "✗ count(a) / count(b) 0.5 of 1 (0.5 short) and count(a) 2 (≥ 2)" in lines(found)
    assert lines(found)[-2] == "alerts of the rule on record:"
    assert "medium  withdrawn, revision 2" in lines(found)[-1]


def test_an_override_in_force_is_named_with_what_chose_it() -> None:
    stricter = {
        "where": {"user_tier": ["elderly", "minor"]},
        "when": [{"count": {"gte": 3}}],
        "severity": "high",
    }
    rule = window({"count": {"gte": 5}}, overrides=[stricter])
    found = explained(rule, *debits(0, 1, user_tier="elderly"))
    assert "override 1 is in force, as user_tier is elderly: it replaces when, severity" in lines(found)
    assert "✗ count 2 of 3 (1 short)" in lines(found)
    others = explained(rule, *debits(0, 1))
    assert "✗ count 2 of 5 (3 short)" in lines(others)
    assert not [line for line in lines(others) if "override" in line]


def test_an_event_that_does_not_count_is_told_why() -> None:
    rule = window({"count": {"gte": 2}}, where={"auth_method": "none", "amount": {"lte": 10_000}})
    found = explained(rule, *debits(0), ev("x", 1, auth_method="password", amount=12_000))
    assert (
        "debit x at 00:01:00 does not count: auth_method is password, not none "
        "and amount is 120.00 yuan, must be ≤ 100.00 yuan" in lines(found)
    )
    assert "does not hold: debit a at 00:00:00" in lines(found)


def test_an_event_without_the_key_does_not_count() -> None:
    rule = window({"count": {"gte": 2}}, by=["user_id", "device_id"])
    found = explained(rule, ev("x", 1))
    assert lines(found) == [
        "does not hold",
        "debit x at 00:01:00 does not count: has no device_id",
        "the history has no event that the rule looks at",
    ]
    assert told_in_short(found, "en") == "✗ debit x at 1970-01-01 00:01:00 does not count: has no device_id"


def test_members_of_a_list_are_told_by_the_name_of_the_list() -> None:
    rule = window({"count": {"gte": 2}}, where={"merchant_id": {"not_in_list": "trusted"}})
    found = explained(rule, ev("x", 1), lists={"trusted": frozenset({"m1"})})
    assert lines(found)[1] == (
        "debit x at 00:01:00 does not count: merchant_id is m1, must be not in the list trusted"
    )
    assert "须不在名单trusted中" in lines(found, "zh")[1]


def test_a_span_is_told_as_a_duration_and_an_absent_measure_as_such() -> None:
    rule = select(
        {"span(base)": {"gte": "150s"}, "max(base.amount)": {"gt": 5_000}},
        base={"event": "debit", "before": "1m"},
        now={"event": "transfer"},
    )
    found = explained(rule, *debits(0, 1, amount=100), ev("t", 4, "transfer"))
    assert "✗ span(base) 1 min of 2 min 30 s (1 min 30 s short) and max(base.amount) 1.00 yuan, " in "".join(
        line for line in lines(found) if line.startswith("✗")
    )
    nothing = explained(rule, ev("t", 4, "transfer"))
    assert "max(base.amount) nothing to measure, must be > 50.00 yuan" in "".join(lines(nothing))


def test_too_much_is_told_by_how_much() -> None:
    found = explained(window({"count": {"lte": 1}}), *debits(0, 1, 2))
    assert "✗ count 3, must be ≤ 1 (2 too much)" in lines(found)


def test_each_selector_has_its_own_window() -> None:
    rule = select(
        {"count(recent)": {"gte": 3}, "count(recent) / count(base)": {"gte": 0.5}},
        recent={"event": "debit", "within": "2m"},
        base={"event": "debit", "before": "2m"},
    )
    found = explained(rule, *debits(0, 1, 2, 3.5))
    assert (
        "counted as recent after 00:01:30, up to 00:03:30: 2 events; the oldest leaves at 00:04:00"
        in lines(found)
    )
    assert (
        "counted as base after 1969-12-31 23:53:30, up to 00:01:30: 2 events; the oldest leaves at 00:10:00"
        in lines(found)
    )


def test_what_another_event_would_do_is_asked_at_the_time_of_the_newest() -> None:
    """The four debits are long over when the user logs in: a fifth would then be the first."""
    found = explained(BURST, *debits(0, 1, 2, 3), ev("l", 30, "login"))
    assert lines(found)[-1].startswith(
        "if another such event came at 00:30:00, it would still not hold: count 1 of 5"
    )


def test_nothing_is_told_of_what_came_after_the_event_that_is_asked_about() -> None:
    found = explained(BURST, *debits(0, 1, 2, 3, 4), at="d")
    assert "✗ count 4 of 5 (1 short)" in lines(found)
    assert found.alerts == ()


def test_a_rule_in_shadow_or_off_says_so() -> None:
    assert lines(explained(window({"count": 1}, mode="shadow"), *debits(0)))[0] == (
        "the rule is in shadow: its alerts are only watched"
    )
    off = explained(window({"count": 1}, mode="off"), *debits(0))
    assert lines(off)[0] == "the rule is off: nothing alerts"
    assert off.holds
    assert lines(off)[3].endswith("not on record, for the rule was not in force then or the record is over")


def test_measures_over_time_buckets_say_that_they_are_approximate() -> None:
    found = explained(window({"count": {"gte": 50}}), *(ev(f"e{n:03}", n / 10) for n in range(30)), cap=10)
    assert "✗ count 30 of 50 (20 short)" in lines(found)
    assert [line for line in lines(found) if line.startswith("approximate: ")]


def test_explaining_changes_nothing() -> None:
    rule = window({"distinct(merchant_id)": {"gte": 5}})
    debits_of_three = [ev(f"e{n:03}", n / 10, merchant_id=f"m{n % 3}") for n in range(40)]
    history = observed(rule, [*debits_of_three, ev("l", 30, "login")], cap=10)
    before = deepcopy((history.ids, history.alerts, history.unsaved))
    first = told(Explainer(rule, {}).explain(history), "en")
    assert told(Explainer(rule, {}).explain(history), "en") == first
    assert (history.ids, history.alerts, history.unsaved) == before


def test_what_an_engine_keeps_beside_a_long_history_is_not_mistaken_for_ones_own() -> None:
    """An engine numbers what its rules select; another may use the same numbers for other selectors."""
    logins = window({"count": {"gte": 1}}, event="login", cooldown="0s")
    asked = window({"count": {"gte": 99}})
    engine, history = Engine([logins, asked], 600_000, 5_000), History()
    for event in [*(ev(f"e{n:03}", n / 10) for n in range(60)), ev("login", 6, "login")]:
        engine.observe(history, Entry(event, None), event.event_time)
    assert history.selections
    assert "✗ count 60 of 99 (39 short)" in lines(Explainer(asked, {}).explain(history))
    another = ev("another", 6, "login")
    [alert] = engine.observe(history, Entry(another, None), another.event_time).alerts
    assert alert.measures == {"count": 1}


def test_units_are_those_of_the_measures() -> None:
    found = explained(
        window(
            {
                "count": {"gte": 9},
                "sum(amount)": {"gte": 9},
                "distinct(amount)": {"gte": 9},
                "span": {"gte": "1m"},
            }
        ),
        *debits(0),
    )
    assert found.window is not None and found.window.latest is not None
    [alternative] = found.window.latest.alternatives
    assert [one.unit for one in alternative.conditions] == [
        Unit.PLAIN,
        Unit.FEN,
        Unit.PLAIN,
        Unit.MILLISECONDS,
    ]


def test_no_text_of_an_event_reaches_the_terminal_as_a_command() -> None:
    clear = "\x1b[2J"
    rule = window({"count": {"gte": 5}}, by=["user_id", "device_id"], where={"city": "x"})
    counted = explained(rule, ev(clear, 0, device_id=clear, city="x"))
    passed_over = explained(rule, ev("a", 0, device_id=clear, city=clear))
    for found in (counted, passed_over):
        text = "\n".join(told(found, "en"))
        assert "\x1b" not in text
        assert "\\x1b[2J" in text
