"""The twin against cases drawn by hand; in their timelines `5b` is the event b at minute 5."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .random_rules import random_rules, rules
from .streams import MINUTE, arrivals, events, random_arrival, random_events
from .twin import Standing, anchors, keeps_for, standing_alerts
from .vocabulary import LISTS

LATENESS = 10 * MINUTE


def ev(event_id, minute, kind="debit", ms=0, **fields):
    time = minute * MINUTE + ms
    return {"event_id": event_id, "event_time": time, "type": kind, "user_id": "u1", **fields}


def debits(*minutes, **fields):
    """Debits named a, b, c, ... at these minutes."""
    return [ev(name, minute, **fields) for name, minute in zip("abcdefghij", minutes, strict=False)]


def amounts(*values):
    """Debits named a, b, c, ... in the first minutes; None is an amount left out."""
    return [
        ev(name, minute, amount=value)
        for minute, (name, value) in enumerate(zip("abcdef", values, strict=False))
    ]


def window(when, *, event="debit", within="10m", **rest):
    top = {name: rest.pop(name) for name in ("by", "overrides") if name in rest}
    return {
        "id": "r",
        "by": "user_id",
        "window": {"event": event, "within": within, **rest},
        "when": when,
        **top,
    }


def select(when, **selectors):
    return {"id": "r", "by": "user_id", "window": {"within": "10m", "select": selectors}, "when": when}


def sequence(*steps, **rest):
    top = {name: rest.pop(name) for name in ("by", "overrides", "severity") if name in rest}
    return {"id": "r", "by": "user_id", "sequence": {"steps": list(steps), **rest}, **top}


def step(name, event, **options):
    return {"name": name, "event": event, **options}


def check(rule, arrived, expected):
    assert "".join(anchor.event_id for anchor in anchors(rule, arrived)) == expected


ONE_AND_MORE = {"count": {"gte": 1}}
BY_METHOD = [
    ev("a", 0, auth_method="none", amount=5),
    ev("b", 1, auth_method="face", amount=7),
    ev("c", 2, amount=None),
    ev("d", 3, auth_method="none", amount=5, new_device=True),
]

SELECTORS = [
    # 0a none 5 | 1b face 7 | 2c - - | 3d none 5 new device: `where` -> what it selects
    ("a value", {"auth_method": "none"}, "ad"),
    ("a list is any of", {"auth_method": ["face", "otp"]}, "b"),
    ("eq", {"amount": {"eq": 5}}, "ad"),
    ("ne does not match an absent field", {"auth_method": {"ne": "none"}}, "b"),
    ("in", {"amount": {"in": [5, 7]}}, "abd"),
    ("gt is strict", {"amount": {"gt": 5}}, "b"),
    ("gte is not", {"amount": {"gte": 5}}, "abd"),
    ("lt is strict, and absent is not small", {"amount": {"lt": 7}}, "ad"),
    ("several operators all hold", {"amount": {"gte": 5, "lte": 5}}, "ad"),
    ("exists", {"auth_method": {"exists": True}}, "abd"),
    ("null is absent", {"amount": {"exists": False}}, "c"),
    ("several fields all match", {"auth_method": "none", "new_device": True}, "d"),
    ("true is not one", {"new_device": 1}, ""),
]


@pytest.mark.parametrize(("where", "expected"), [pytest.param(*row[1:], id=row[0]) for row in SELECTORS])
def test_a_selector_selects(where, expected):
    check(window(ONE_AND_MORE, where=where), BY_METHOD, expected)


LISTED = [
    # 0a none | 1b face | 2c - | 3d none
    ("in a list", {"in_list": "strong"}, "b"),
    ("not in a list, and what is absent is in neither", {"not_in_list": "strong"}, "ad"),
    ("in an empty list", {"in_list": "nothing"}, ""),
    ("not in an empty list", {"not_in_list": "nothing"}, "abd"),
    ("in one list and not in another", {"in_list": "any", "not_in_list": "strong"}, "ad"),
]


@pytest.mark.parametrize(("wanted", "expected"), [pytest.param(*row[1:], id=row[0]) for row in LISTED])
def test_a_list_is_looked_up(wanted, expected):
    lists = {"strong": {"face", "otp"}, "any": {"none", "face"}, "nothing": set()}
    found = anchors(window(ONE_AND_MORE, where={"auth_method": wanted}), BY_METHOD, lists)
    assert "".join(anchor.event_id for anchor in found) == expected


WINDOWS = [
    # 0a 9b: (-1m, 9m] holds both | 0a 10b: (0m, 10m] has lost a | 1 ms less: it has not
    ("the window reaches back less than W", window({"count": 2}), debits(0, 9), "b"),
    ("exactly W ago is outside", window({"count": 2}), debits(0, 10), ""),
    ("1 ms less than W ago is inside", window({"count": 2}), [ev("a", 0, ms=1), ev("b", 10)], "b"),
    # 5a 5b 5c: one time, ordered by id; each sees only those up to itself
    ("a tie is broken by the id", window({"count": 2}), debits(5, 5, 5), "b"),
    # arrives 5b 5a, amounts 2 and 1: a comes before b, so b is the last
    (
        "a tie is ordered by the id whatever arrived first",
        window({"last(amount)": 2, "count": 2}),
        [ev("b", 5, amount=2), ev("a", 5, amount=1)],
        "b",
    ),
    # arrives b(1) a(0): sorted 0a 1b
    ("events are sorted before they are judged", window({"count": 2}), debits(0, 1)[::-1], "b"),
    # 0a 1a 2b: the second a is dropped, although it differs
    (
        "a duplicate is dropped, the first to arrive counts",
        window({"count": 2}),
        [ev("a", 0), ev("a", 1), ev("b", 2)],
        "b",
    ),
    (
        "of two that differ the first to arrive counts",
        window({"sum(amount)": 9}),
        [ev("a", 3, amount=9), ev("a", 3, amount=1)],
        "a",
    ),
    # 0a login 1b debit: login is no trigger, so no anchor before b
    (
        "an event outside the selector is no trigger",
        window(ONE_AND_MORE),
        [ev("a", 0, "login"), ev("b", 1)],
        "b",
    ),
    (
        "a list of types",
        window({"count": 2}, event=["debit", "transfer"]),
        [ev("a", 0, "transfer"), ev("b", 1)],
        "b",
    ),
    # running sums 3 | 3 | 8
    (
        "events without the field are passed over",
        window({"sum(amount)": {"gte": 3}}),
        amounts(3, None, 5),
        "abc",
    ),
    ("the sum of nothing is 0", window({"sum(amount)": 0}), amounts(None, 4), "a"),
    # distinct amounts 1 | 1 | 1 | 2
    ("distinct", window({"distinct(amount)": 2}), amounts(4, 4, None, 5), "d"),
    ("max", window({"max(amount)": {"gt": 4}}), amounts(4, 5, 1), "bc"),
    ("min", window({"min(amount)": {"lte": 4}}), amounts(5, 4, 9), "bc"),
    ("max of nothing compares false", window({"max(amount)": {"lt": 9}}), amounts(None, 4), "b"),
    (
        "last of nothing compares false, even with ne",
        window({"last(amount)": {"ne": 9}}),
        amounts(None, 4),
        "b",
    ),
    # last 4 | 5 | still 5
    (
        "last is of the latest event that has the field",
        window({"last(amount)": 5}),
        amounts(4, 5, None),
        "bc",
    ),
    ("span against a duration", window({"span": {"gte": "5m"}}), debits(0, 4, 5, 9), "cd"),
    # 8 / 2 = 4 at b, 9 / 3 = 3 at c
    ("a ratio", window({"sum(amount) / count": {"gt": 3}}), amounts(3, 5, 1), "b"),
    ("a ratio over 0 is 0", window({"count / sum(amount)": 0}), amounts(0, 2), "a"),
    ("a ratio against a fraction", window({"distinct(amount) / count": 0.75}), amounts(1, 2, 3, 3), "d"),
    ("a list is OR", window([{"count": 1}, {"count": 3}]), debits(0, 1, 2), "ac"),
    ("a map is AND", window({"count": {"gte": 2}, "sum(amount)": {"lt": 9}}), amounts(1, 7, 1), "b"),
    # 0a u1 1b u2 2c u1
    (
        "users are apart",
        window({"count": 2}),
        [ev("a", 0), ev("b", 1) | {"user_id": "u2"}, ev("c", 2)],
        "c",
    ),
    # 0a m1 1b - 2c m2 3d m1
    (
        "an event without a field of the key is in no key",
        window({"count": 2}, by=["user_id", "merchant_id"]),
        [
            ev("a", 0, merchant_id="m1"),
            ev("b", 1),
            ev("c", 2, merchant_id="m2"),
            ev("d", 3, merchant_id="m1"),
        ],
        "d",
    ),
    (
        "an override replaces `when` where it matches the trigger",
        window({"count": 3}, overrides=[{"where": {"user_tier": "minor"}, "when": {"count": 2}}]),
        [ev("a", 0), ev("b", 1, user_tier="minor"), ev("c", 2, user_tier="minor")],
        "b",
    ),
    # 0a 1b 2c: the first override matches a..c and has no `when`, so the second is not looked at
    (
        "only the first override that matches counts",
        window(
            {"count": 3}, overrides=[{"where": {}, "severity": "low"}, {"where": {}, "when": ONE_AND_MORE}]
        ),
        debits(0, 1, 2),
        "c",
    ),
]


@pytest.mark.parametrize(
    ("rule", "arrived", "expected"), [pytest.param(*row[1:], id=row[0]) for row in WINDOWS]
)
def test_a_window_holds_at(rule, arrived, expected):
    check(rule, arrived, expected)


OUT, IN = {"event": "debit"}, {"event": "refund"}

SELECTS = [
    # 0a debit 1b refund: both are triggers
    (
        "an event of any selector is a trigger",
        select({"count(out)": 1}, out=OUT, back=IN),
        [ev("a", 0), ev("b", 1, "refund")],
        "ab",
    ),
    # 0a debit 5b refund: at 5m the 5m of `out` is (0m, 5m]
    (
        "a selector's own `within` replaces the window's",
        select({"count(out)": 0}, out=OUT | {"within": "5m"}, back=IN),
        [ev("a", 0), ev("b", 5, "refund")],
        "b",
    ),
    # 0a 4b 5c: at 4m `early` is (-6m, -1m], at 5m (-5m, 0m]
    (
        "exactly `before` ago is inside",
        select({"count(early)": 1}, early=OUT | {"before": "5m"}, all=OUT),
        debits(0, 4, 5),
        "c",
    ),
    (
        "an event of a selector with `before` is still a trigger",
        select({"count(early)": 0}, early=OUT | {"before": "5m"}, back=IN),
        debits(0, 4, 5),
        "ab",
    ),
    # recent is (7m, 10m] = d e: 2 of them over baseline (0m, 7m] = b c: 2
    (
        "a ratio of two selectors",
        select(
            {"count(recent) / count(baseline)": {"gte": 1}},
            recent=OUT | {"within": "3m"},
            baseline=OUT | {"before": "3m"},
        ),
        debits(0, 1, 6, 9, 10),
        "e",
    ),
    (
        "a field of a named selector",
        select({"sum(back.amount)": 5}, out=OUT, back=IN),
        [ev("a", 0, amount=5), ev("b", 1, "refund", amount=5)],
        "b",
    ),
    # span(out) is 4m at c although its window is 10m long
    (
        "span is from the first to the last of the selector's events",
        select({"span(out)": "4m"}, out=OUT, back=IN),
        [ev("a", 0), ev("b", 4), ev("c", 8, "refund")],
        "bc",
    ),
    (
        "span of nothing is 0s",
        select({"span(out)": {"lt": "1s"}}, out=OUT, back=IN),
        [ev("a", 0, "refund")],
        "a",
    ),
]


@pytest.mark.parametrize(
    ("rule", "arrived", "expected"), [pytest.param(*row[1:], id=row[0]) for row in SELECTS]
)
def test_a_window_of_several_selectors_holds_at(rule, arrived, expected):
    check(rule, arrived, expected)


LOGIN = step("login", "login")
PAY = step("pay", "debit", within="10m")
ENDED = {"event": "remote_session_ended"}


def login(event_id, minute, **fields):
    return ev(event_id, minute, "login", **fields)


def ended(event_id, minute, **fields):
    return ev(event_id, minute, "remote_session_ended", **fields)


SEQUENCES = [
    ("a span is inclusive", sequence(LOGIN, PAY), [login("a", 0), ev("b", 10)], "b"),
    ("1 ms over the span is outside", sequence(LOGIN, PAY), [login("a", 0), ev("b", 10, ms=1)], ""),
    ("steps come in their order", sequence(LOGIN, PAY), [ev("a", 0), login("b", 1)], ""),
    # 5a login 5b debit, but 5y debit 5z login
    ("a tie is ordered by the id", sequence(LOGIN, PAY), [login("a", 5), ev("b", 5)], "b"),
    ("a tie against the order does not count", sequence(LOGIN, PAY), [ev("y", 5), login("z", 5)], ""),
    (
        "every event that completes the last step is an anchor",
        sequence(LOGIN, PAY),
        [login("a", 0), ev("b", 1), ev("c", 2)],
        "bc",
    ),
    # 0a 6b 12c debits: each 6m after the one before, 12m in all
    (
        "the sequence's `within` bounds first to last",
        sequence(LOGIN, PAY, step("more", "debit", within="10m"), within="11m"),
        [login("a", 0), ev("b", 6), ev("c", 11), ev("d", 12)],
        "c",
    ),
    # 0a 1b debits: b alone must not be both steps
    (
        "an event serves one step of a chain",
        sequence(
            step("one", "debit"), step("two", "debit", within="10m"), step("three", "debit", within="10m")
        ),
        debits(0, 1, 2),
        "c",
    ),
    # 0a login, 1b 2c 3d debits: c is the second, d is later still
    (
        "at_least: from the n-th on",
        sequence(LOGIN, PAY | {"at_least": 2}),
        [login("a", 0), ev("b", 1), ev("c", 2), ev("d", 3)],
        "cd",
    ),
    # 0a 1b 2c debits: b is the first after a, c the second
    (
        "an event of the step before does not count for the next",
        sequence(step("one", "debit"), PAY | {"at_least": 2}),
        debits(0, 1, 2),
        "c",
    ),
    (
        "at_least counts only what follows the step before",
        sequence(LOGIN, PAY | {"at_least": 2}),
        [ev("a", 0), login("b", 1), ev("c", 2)],
        "",
    ),
    # 0a login 1b debit 2c login 3d debit: at d there is one debit after c, but two after a
    (
        "an earlier step before may have enough where the latest has not",
        sequence(LOGIN, PAY | {"at_least": 2}),
        [login("a", 0), ev("b", 1), login("c", 2), ev("d", 3)],
        "d",
    ),
    # 0a 1b 6c debits 10d login: from b on it is 9m, from a 10m; `within` 9m
    (
        "the span of a sequence begins with the first event of step one",
        sequence(step("pay", "debit", at_least=2), step("login", "login"), within="9m"),
        [ev("a", 0), ev("b", 1), ev("c", 6), login("d", 10)],
        "d",
    ),
    (
        "two events of step one that lie too far apart are no chain",
        sequence(step("pay", "debit", at_least=2), step("login", "login"), within="8m"),
        [ev("a", 0), ev("b", 1), login("c", 9)],
        "",
    ),
    # 0a 5b debits 6c login 11d debit 16e login: a b span 5m, b d 6m, and b is too long before e
    (
        "`within` on a step one of several events spans them",
        sequence(step("pay", "debit", at_least=2, within="5m"), step("login", "login", within="10m")),
        [ev("a", 0), ev("b", 5), login("c", 6), ev("d", 11), login("e", 16)],
        "c",
    ),
    # cards: 1b k1, 2c k1, 3d -, 4e k2
    (
        "distinct values, not events",
        sequence(LOGIN, PAY | {"at_least": 2, "distinct": "card_id"}),
        [
            login("a", 0),
            ev("b", 1, card_id="k1"),
            ev("c", 2, card_id="k1"),
            ev("d", 3),
            ev("e", 4, card_id="k2"),
        ],
        "e",
    ),
    # merchants: 1b m1, 2c m2, 3d m1, 4e -
    (
        "same on a step: its events agree",
        sequence(LOGIN, PAY | {"at_least": 2, "same": "merchant_id"}),
        [
            login("a", 0),
            ev("b", 1, merchant_id="m1"),
            ev("c", 2, merchant_id="m2"),
            ev("d", 3, merchant_id="m1"),
            ev("e", 4),
        ],
        "d",
    ),
    # devices: 0a d1, 1b -, 2c d2, 3d d1, 4e -
    (
        "same on the sequence: all steps agree, and to lack the field is not to agree",
        sequence(LOGIN, PAY, same=["device_id"]),
        [
            login("a", 0, device_id="d1"),
            login("b", 1),
            ev("c", 2, device_id="d2"),
            ev("d", 3, device_id="d1"),
            ev("e", 4),
        ],
        "d",
    ),
    (
        "unless between cancels",
        sequence(LOGIN, PAY | {"unless": ENDED}),
        [login("a", 0), ended("b", 1), ev("c", 2)],
        "",
    ),
    (
        "an event that `unless` does not select cancels nothing",
        sequence(LOGIN, PAY | {"unless": ENDED}),
        [login("a", 0), ev("b", 1, "refund"), ev("c", 2)],
        "c",
    ),
    # 0a login 1b login 2c debit: b comes between a and c, nothing between b and c
    (
        "the step before does not cancel itself",
        sequence(LOGIN, PAY | {"unless": {"event": "login"}}),
        [login("a", 0), login("b", 1), ev("c", 2)],
        "c",
    ),
    (
        "unless outside does not",
        sequence(LOGIN, PAY | {"unless": ENDED}),
        [ended("a", 0), login("b", 1), ev("c", 2), ended("d", 3)],
        "c",
    ),
    # 0a ended 0b login 2c debit 2d ended: the ties lie outside
    (
        "unless is strictly between in the order, not in time",
        sequence(LOGIN, PAY | {"unless": ENDED}),
        [ended("a", 0), login("b", 0), ev("c", 2), ended("d", 2)],
        "c",
    ),
    (
        "unless at the same time but between in the order cancels",
        sequence(LOGIN, PAY | {"unless": ENDED}),
        [login("a", 0), ended("b", 0), ev("c", 2)],
        "",
    ),
    # 1b ended: 5m before 6d, less than that before 5c
    (
        "unless with `before`: exactly d earlier cancels, later does not",
        sequence(LOGIN, PAY | {"unless": ENDED | {"before": "5m"}}),
        [login("a", 0), ended("b", 1), ev("c", 5), ev("d", 6)],
        "c",
    ),
    # 0a login d1, 1b ended d2, 2c ended -, 3d debit, 4e ended d1, 5f debit
    (
        "unless with `same` cancels only what agrees with the step before",
        sequence(LOGIN, PAY | {"unless": ENDED | {"same": "device_id"}}),
        [
            login("a", 0, device_id="d1"),
            ended("b", 1, device_id="d2"),
            ended("c", 2),
            ev("d", 3),
            ended("e", 4, device_id="d1"),
            ev("f", 5),
        ],
        "d",
    ),
    # 0a login d1, 1b login d2, 2c ended d2: b is cancelled, a is not
    (
        "where the latest chain is cancelled an earlier one counts",
        sequence(LOGIN, PAY | {"unless": ENDED | {"same": "device_id"}}),
        [
            login("a", 0, device_id="d1"),
            login("b", 1, device_id="d2"),
            ended("c", 2, device_id="d2"),
            ev("d", 3),
        ],
        "d",
    ),
]


@pytest.mark.parametrize(
    ("rule", "arrived", "expected"), [pytest.param(*row[1:], id=row[0]) for row in SEQUENCES]
)
def test_a_sequence_is_completed_by(rule, arrived, expected):
    check(rule, arrived, expected)


def alerted(rule, arrived):
    return [(a.event_id, a.step, a.severity, a.first_event_id) for a in anchors(rule, arrived)]


def test_the_latest_chain_is_chosen_backwards():
    # 0a login 1b login 2c debit 3d login 4e debit: e follows d, c follows b
    arrived = [login("a", 0), login("b", 1), ev("c", 2), login("d", 3), ev("e", 4)]
    assert alerted(sequence(LOGIN, PAY), arrived) == [
        ("c", "pay", "medium", "b"),
        ("e", "pay", "medium", "d"),
    ]


def test_the_search_goes_back_where_the_latest_step_before_has_no_chain():
    # 0a login 1b face 2c ended 3d face 4e debit: d has no chain (c cancels a-d), so e follows b
    rule = sequence(LOGIN, step("face", "face_verification", within="10m", unless=ENDED), PAY)
    arrived = [
        login("a", 0),
        ev("b", 1, "face_verification"),
        ended("c", 2),
        ev("d", 3, "face_verification"),
        ev("e", 4),
    ]
    assert alerted(rule, arrived) == [("e", "pay", "medium", "a")]


def test_the_latest_events_that_are_enough_begin_a_chain():
    # 0a 1b 2c debits 3d login: two debits before d, the latest two are b c
    rule = sequence(step("pay", "debit", at_least=2), step("login", "login"), within="10m")
    assert alerted(rule, [*debits(0, 1, 2), login("d", 3)]) == [("d", "login", "medium", "b")]


def test_every_step_with_an_alert_raises_one_and_the_last_none_without():
    # 0a login 1b face 2c debit
    face = step("face", "face_verification", within="10m", alert="high")
    arrived = [login("a", 0), ev("b", 1, "face_verification"), ev("c", 2)]
    assert alerted(sequence(LOGIN, face, PAY | {"alert": "critical"}), arrived) == [
        ("b", "face", "high", "a"),
        ("c", "pay", "critical", "a"),
    ]
    assert alerted(sequence(LOGIN, face, PAY), arrived) == [("b", "face", "high", "a")]


def test_an_override_reads_the_last_event_of_a_step_and_replaces_the_severity_of_the_alert():
    # 0a login new 1b debit 2c login 3d debit: d follows c, of which nothing is known
    rule = sequence(
        LOGIN | {"alert": "info"},
        PAY | {"alert": "high"},
        overrides=[
            {"where": {"login.new_device": True, "pay.amount": {"exists": True}}, "severity": "critical"},
            {"where": {"pay.amount": {"exists": False}, "amount": {"exists": False}}, "severity": "low"},
        ],
    )
    arrived = [login("a", 0, new_device=True), ev("b", 1, amount=1), login("c", 2), ev("d", 3, amount=1)]
    assert [(event_id, severity) for event_id, _, severity, _ in alerted(rule, arrived)] == [
        ("a", "low"),
        ("b", "critical"),
        ("c", "low"),
        ("d", "high"),
    ]


def test_measures_are_those_that_held_named_as_written():
    rule = select(
        [{"count(out)": 9}, {"count(back) / count(out)": 0, "sum(out.amount)": 3}], out=OUT, back=IN
    )
    (anchor,) = anchors(rule, [ev("a", 0, amount=3)])
    assert anchor.measures == {"count(back) / count(out)": 0, "sum(out.amount)": 3}


PERIODS = [
    # periods of 5m: [0m, 5m) [5m, 10m)
    ("5m", debits(0, 4), {0}),
    ("5m", debits(4, 5), {0, 1}),
    (None, debits(0, 59, 60), {0, 1}),
    ("0s", debits(0, 4), {(0, "a"), (4 * MINUTE, "b")}),
]


@pytest.mark.parametrize(("cooldown", "arrived", "expected"), PERIODS)
def test_anchors_of_one_period_are_one_alert(cooldown, arrived, expected):
    rule = window(ONE_AND_MORE) | ({"cooldown": cooldown} if cooldown else {})
    assert standing_alerts([rule], arrived) == {
        Standing("r", ("u1",), "medium", period) for period in expected
    }


def test_severities_and_rules_are_alerts_apart():
    # 0a 1b minor, both in one period
    rule = window(ONE_AND_MORE, overrides=[{"where": {"user_tier": "minor"}, "severity": "high"}])
    arrived = [ev("a", 0), ev("b", 1, user_tier="minor")]
    assert standing_alerts([rule, rule | {"id": "s"}, rule | {"id": "off", "mode": "off"}], arrived) == {
        Standing(rule_id, ("u1",), severity, 0) for rule_id in ("r", "s") for severity in ("medium", "high")
    }


# The streams that the engine is judged by


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_an_arrival_keeps_every_event_within_the_allowed_lateness(data):
    drawn = data.draw(events())
    arrived = data.draw(arrivals(drawn, LATENESS))
    assert sorted(map(repr, arrived)) == sorted(map(repr, drawn))
    newest = 0
    for event in arrived:
        newest = max(newest, event["event_time"])
        assert newest - event["event_time"] <= LATENESS


@given(st.data(), rules())
@settings(max_examples=30, deadline=None)
def test_standing_alerts_do_not_depend_on_the_order_of_arrival(data, drawn_rules):
    drawn = data.draw(events())
    arrived = data.draw(arrivals(drawn, LATENESS))
    assert standing_alerts(drawn_rules, arrived, LISTS) == standing_alerts(drawn_rules, drawn, LISTS)


def test_random_rules_neither_always_nor_never_hold():
    outcomes = Counter()
    for seed in range(100):
        rng = Random(seed)
        drawn = random_rules(rng)
        arrived = random_arrival(rng, random_events(rng, 40), LATENESS)
        outcomes.update(("sequence" in rule, bool(anchors(rule, arrived, LISTS))) for rule in drawn)
    assert len(outcomes) == 4
    assert min(outcomes.values()) > 25


# What is kept


def test_an_event_is_kept_as_long_as_the_longest_rule_that_can_use_it_reaches():
    pay = window(ONE_AND_MORE, within="5m", where={"auth_method": "none"})
    stolen = window(ONE_AND_MORE, within="8m", where={"card_id": {"in_list": "stolen"}})
    story = sequence(LOGIN, PAY | {"unless": ENDED}, within="30m")
    rules = [pay, stolen, story, window(ONE_AND_MORE, event="refund", within="9d") | {"mode": "off"}]
    assert keeps_for(rules, login("a", 0)) == keeps_for(rules, ended("a", 0)) == 30 * MINUTE
    assert keeps_for(rules[:2], ev("a", 0, auth_method="none")) == 5 * MINUTE
    assert keeps_for(rules[:2], ev("a", 0, auth_method="none", card_id="k1")) == 8 * MINUTE
    assert keeps_for(rules[:2], ev("a", 0, auth_method="face")) == keeps_for(rules, ev("a", 0, "refund")) == 0
    assert keeps_for([select(ONE_AND_MORE, out=OUT | {"within": "3m"}, back=IN)], ev("a", 0)) == 10 * MINUTE
