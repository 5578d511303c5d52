"""Which events make a window rule hold, and what is measured; the window (t - within, t] is half open."""

import pytest

from detector.core.folded import Folded
from detector.core.folding import Folds
from detector.core.selection import Selections
from detector.core.window import WindowEvaluator

from .given import MINUTE, debits, ev, history_of, select, window


def anchors(rule, events):
    """The ids of the events that make the rule hold, in their order."""
    history, evaluator = history_of(*events), WindowEvaluator(rule, Selections(), Folds(0))
    return "".join(
        anchor.position[1] for index in range(len(history)) for anchor in evaluator.anchors_at(history, index)
    )


def last_anchor(rule, events):
    history, evaluator = history_of(*events), WindowEvaluator(rule, Selections(), Folds(0))
    (anchor,) = evaluator.anchors_at(history, len(history) - 1)
    return history, anchor, evaluator.findings(history, anchor)


def amounts(*values):
    """Debits a, b, c, ... in the first minutes; an amount of None makes it a login, which has none."""
    return [
        ev(name, minute, "login") if value is None else ev(name, minute, amount=value)
        for minute, (name, value) in enumerate(zip("abcdef", values, strict=False))
    ]


BOTH = ["debit", "login"]

WINDOWS = [
    # 0a 9b: (-1m, 9m] holds both
    ("an event less than W ago counts", window({"count": 2}), debits(0, 9), "b"),
    # 0a 10b: (0m, 10m] has lost a
    ("an event exactly W ago does not", window({"count": 2}), debits(0, 10), ""),
    ("one 1 ms younger does", window({"count": 2}), [ev("a", 0, ms=1), ev("b", 10)], "b"),
    # 5a 5b 5c: each sees those up to itself
    ("a tie is ordered by the id", window({"count": 2}), debits(5, 5, 5), "b"),
    ("other types do not trigger", window({"count": {"gte": 1}}), [ev("a", 0, "login"), ev("b", 1)], "b"),
    ("where must match", window({"count": {"gte": 1}}, where={"amount": 2}), amounts(1, 2), "b"),
    # sums 3 | 3 (no amount) | 8
    (
        "the sum passes over what has none",
        window({"sum(amount)": {"gte": 3}}, event=BOTH),
        amounts(3, None, 5),
        "abc",
    ),
    ("the sum of nothing is 0", window({"sum(amount)": 0}, event=BOTH), amounts(None, 4), "a"),
    ("distinct counts values", window({"distinct(amount)": 2}), amounts(4, 4, 5), "c"),
    ("distinct of nothing is 0", window({"distinct(amount)": 0}, event=BOTH), amounts(None), "a"),
    ("max", window({"max(amount)": {"gt": 4}}), amounts(4, 5, 1), "bc"),
    ("max of nothing compares false", window({"max(amount)": {"lt": 9}}, event=BOTH), amounts(None, 4), "b"),
    ("min", window({"min(amount)": {"lte": 4}}), amounts(5, 4, 9), "bc"),
    ("min of nothing compares false", window({"min(amount)": {"ne": 9}}, event=BOTH), amounts(None), ""),
    ("last is the latest that has one", window({"last(amount)": 5}, event=BOTH), amounts(4, 5, None), "bc"),
    ("last of nothing compares false", window({"last(amount)": {"ne": 9}}, event=BOTH), amounts(None), ""),
    ("last takes a list", window({"last(amount)": [4, 5]}), amounts(4, 6, 5), "ac"),
    # spans 0 | 4m | 5m | 9m
    ("span is from first to last", window({"span": {"gte": "5m"}}), debits(0, 4, 5, 9), "cd"),
    ("the span of one event is 0s", window({"span": "0s"}), debits(3), "a"),
    # 3 | 8/2 | 9/3
    ("a ratio", window({"sum(amount) / count": {"gt": 3}}), amounts(3, 5, 1), "b"),
    ("a ratio over 0 is 0", window({"count / sum(amount)": 0}), amounts(0, 2), "a"),
    (
        "a ratio of nothing compares false",
        window({"max(amount) / count": {"lt": 1}}, event=BOTH),
        amounts(None),
        "",
    ),
    ("gte at its bound", window({"count": {"gte": 2}}), debits(0, 1, 2), "bc"),
    ("gt beyond it", window({"count": {"gt": 2}}), debits(0, 1, 2), "c"),
    ("lte at its bound", window({"count": {"lte": 2}}), debits(0, 1, 2), "ab"),
    ("lt before it", window({"count": {"lt": 2}}), debits(0, 1, 2), "a"),
    ("ne", window({"count": {"ne": 2}}), debits(0, 1, 2), "ac"),
    ("in", window({"count": {"in": [1, 3]}}), debits(0, 1, 2), "ac"),
    ("two operators both hold", window({"count": {"gte": 2, "lt": 3}}), debits(0, 1, 2), "b"),
    ("a list is OR", window([{"count": 1}, {"count": 3}]), debits(0, 1, 2), "ac"),
    ("a map is AND", window({"count": {"gte": 2}, "sum(amount)": {"lt": 9}}), amounts(1, 7, 1), "b"),
]


@pytest.mark.parametrize(
    ("rule", "events", "expected"), [pytest.param(*row[1:], id=row[0]) for row in WINDOWS]
)
def test_a_window_holds_at(rule, events, expected):
    assert anchors(rule, events) == expected


CARDS = [ev("a", 0, card_id="k1"), ev("b", 1), ev("c", 2, card_id="k2"), ev("d", 3, card_id="k1")]

WHERES = [
    # 0a k1 | 1b - | 2c k2 | 3d k1
    ("a value", {"card_id": "k1"}, "ad"),
    ("a list is any of", {"card_id": ["k1", "k2"]}, "acd"),
    ("in", {"card_id": {"in": ["k2"]}}, "c"),
    ("ne does not match an absent field", {"card_id": {"ne": "k1"}}, "c"),
    ("exists", {"card_id": {"exists": True}}, "acd"),
    ("exists false matches absence alone", {"card_id": {"exists": False}}, "b"),
    ("operators are joined by and", {"card_id": {"exists": True, "ne": "k1"}}, "c"),
    ("fields are joined by and", {"card_id": "k1", "user_tier": {"exists": False}}, "ad"),
]


@pytest.mark.parametrize(("where", "expected"), [pytest.param(*row[1:], id=row[0]) for row in WHERES])
def test_a_where_matches(where, expected):
    assert anchors(window({"count": {"gte": 1}}, where=where), CARDS) == expected


def test_a_field_that_a_type_does_not_have_is_absent_there():
    rule = window({"count": {"gte": 1}}, event=BOTH, where={"amount": {"exists": False}})
    assert anchors(rule, amounts(1, None)) == "b"
    never = window({"count": {"gte": 1}}, event=BOTH, where={"amount": {"exists": False, "ne": 5}})
    assert anchors(never, amounts(1, None)) == ""


OUT, BACK = {"event": "debit"}, {"event": "refund"}

SELECTS = [
    (
        "an event of any selector triggers",
        {"count(out)": 1},
        {"out": OUT, "back": BACK},
        [ev("a", 0), ev("b", 1, "refund")],
        "ab",
    ),
    # 0a debit 5b refund: at 5m the 5m of `out` is (0m, 5m]
    (
        "a selector's own within",
        {"count(out)": 0},
        {"out": OUT | {"within": "5m"}, "back": BACK},
        [ev("a", 0), ev("b", 5, "refund")],
        "b",
    ),
    # at 4m `early` is (-6m, -1m], at 5m (-5m, 0m]
    (
        "exactly `before` ago is inside",
        {"count(early)": 1},
        {"early": OUT | {"before": "5m"}, "all": OUT},
        debits(0, 4, 5),
        "c",
    ),
    (
        "1 ms less than `before` ago is not",
        {"count(early)": 1},
        {"early": OUT | {"before": "5m"}, "all": OUT},
        [ev("a", 0, ms=1), ev("b", 5)],
        "",
    ),
    # recent (7m, 10m] = d e, baseline (0m, 7m] = b c
    (
        "a ratio of two selectors",
        {"count(recent) / count(base)": {"gte": 1}},
        {"recent": OUT | {"within": "3m"}, "base": OUT | {"before": "3m"}},
        debits(0, 1, 6, 9, 10),
        "e",
    ),
    (
        "a field of a selector",
        {"sum(back.amount)": 5},
        {"out": OUT, "back": BACK},
        [ev("a", 0, amount=5), ev("b", 1, "refund", amount=5)],
        "b",
    ),
    (
        "the span of nothing is 0s",
        {"span(out)": {"lt": "1s"}},
        {"out": OUT, "back": BACK},
        [ev("a", 0, "refund")],
        "a",
    ),
]


@pytest.mark.parametrize(
    ("when", "selectors", "events", "expected"), [pytest.param(*row[1:], id=row[0]) for row in SELECTS]
)
def test_a_window_of_several_selectors_holds_at(when, selectors, events, expected):
    assert anchors(select(when, **selectors), events) == expected


def test_each_key_is_measured_apart_and_what_lacks_a_field_of_the_key_has_none():
    # 0a m1 1b - 2c m2 3d m1
    rule = window({"count": 2}, event=["debit", "password_reset"], by=["user_id", "merchant_id"])
    events = [ev("a", 0), ev("b", 1, "password_reset"), ev("c", 2, merchant_id="m2"), ev("d", 3)]
    assert anchors(rule, events) == "d"
    history, anchor, findings = last_anchor(rule, events)
    assert anchor.key == ("m1",)
    assert [history.ids[item.at] for item in findings.evidence] == ["a", "d"]


MINOR = {"user_tier": "minor"}


def severities(rule, events):
    history, evaluator = history_of(*events), WindowEvaluator(rule, Selections(), Folds(0))
    return [
        (anchor.position[1], str(anchor.severity))
        for index in range(len(history))
        for anchor in evaluator.anchors_at(history, index)
    ]


def test_an_override_replaces_conditions_and_severity_for_triggers_that_match():
    # 0a 1b minor 2c: two for minors, three for others
    rule = window(
        {"count": {"gte": 3}},
        severity="low",
        overrides=[{"where": MINOR, "when": {"count": {"gte": 2}}, "severity": "high"}],
    )
    events = [ev("a", 0), ev("b", 1, user_tier="minor"), ev("c", 2)]
    assert severities(rule, events) == [("b", "high"), ("c", "low")]


def test_an_override_may_be_stricter_than_the_rule():
    rule = window({"count": {"gte": 1}}, overrides=[{"where": MINOR, "when": {"count": {"gte": 9}}}])
    assert anchors(rule, [ev("a", 0), ev("b", 1, user_tier="minor")]) == "a"


def test_the_first_override_that_matches_is_the_only_one():
    rule = window(
        {"count": 1},
        overrides=[
            {"where": MINOR, "severity": "high"},
            {"where": {"amount": 1}, "severity": "critical", "when": {"count": {"gte": 1}}},
        ],
    )
    events = [ev("a", 0, user_tier="minor"), ev("b", 1, user_tier="minor"), ev("c", 2)]
    assert severities(rule, events) == [("a", "high"), ("c", "critical")]


def test_findings_name_the_conditions_that_held_and_no_others():
    rule = window([{"count": {"gte": 2}, "sum(amount)": {"lt": 9}}, {"max(amount)": {"gt": 100}}])
    _, _, findings = last_anchor(rule, debits(0, 1))
    assert findings.measures == {"count": 2, "sum(amount)": 2}
    assert findings.thresholds == {"count": {"gte": 2}, "sum(amount)": {"lt": 9}}
    assert findings.values == {"count": 2, "sum(amount)": 2, "max(amount)": 1}


def test_evidence_is_what_any_selector_selected_each_once_in_order():
    # 0a login | 1b debit | 2c refund | 11d debit: (1m, 11m] has lost a and b
    rule = select({"count(all)": {"gte": 1}}, all={"event": ["debit", "refund"]}, out=OUT)
    history, _, findings = last_anchor(
        rule, [ev("a", 0, "login"), ev("b", 1), ev("c", 2, "refund"), ev("d", 11)]
    )
    assert [(history.ids[item.at], item.step) for item in findings.evidence] == [("c", None), ("d", None)]


def test_a_window_that_reaches_over_folded_events_is_approximate():
    # 0a 1b 11c | a and b folded: (1m, 11m] reaches over neither, (0m, 10m] over b
    for minute, approximate in ((10, True), (11, False)):
        history = history_of(*debits(0, 1, minute))
        history.cut(2)
        history.folded = Folded((MINUTE, "b"), {}, {})
        evaluator = WindowEvaluator(window({"count": {"gte": 1}}), Selections(), Folds(0))
        (anchor,) = evaluator.anchors_at(history, 0)
        assert anchor.approximate is approximate
