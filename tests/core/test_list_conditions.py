"""Conditions on lists: what they match, what they do to a rule's version, and how long events are kept."""

import gc
import sys
import weakref

import pytest

from detector.core.engine import Engine, Outcome
from detector.core.history import Entry, History
from detector.core.lists import Lists
from detector.core.rule import Rule, lists_of

from .given import HOUR, MINUTE, ev, sequence, window

ANY = {"count": {"gte": 1}}
LISTS = {"trusted": frozenset({"m1", "m2"}), "watched": frozenset({"d1"}), "none": frozenset[str]()}


def fires(rule: Rule, *events, lists: Lists = LISTS, history: History | None = None) -> list[str]:
    """The event ids of the anchors."""
    engine = Engine([rule], 10 * MINUTE, 5_000, lists)
    history = History() if history is None else history
    return [
        alert.anchor.event_id
        for event in events
        for alert in engine.observe(history, Entry(event, None), event.event_time).alerts
    ]


@pytest.mark.parametrize(
    ("where", "fields", "matches"),
    [
        ({"merchant_id": {"in_list": "trusted"}}, {"merchant_id": "m2"}, True),
        ({"merchant_id": {"in_list": "trusted"}}, {"merchant_id": "m3"}, False),
        ({"merchant_id": {"not_in_list": "trusted"}}, {"merchant_id": "m2"}, False),
        ({"merchant_id": {"not_in_list": "trusted"}}, {"merchant_id": "m3"}, True),
        # A field that is absent
        ({"device_id": {"in_list": "watched"}}, {}, False),
        ({"device_id": {"not_in_list": "watched"}}, {}, False),
        ({"device_id": {"not_in_list": "none"}}, {}, False),
        ({"device_id": {"in_list": "watched"}}, {"device_id": "d1"}, True),
        ({"device_id": {"not_in_list": "watched"}}, {"device_id": "d2"}, True),
        # An empty list
        ({"merchant_id": {"in_list": "none"}}, {"merchant_id": "m1"}, False),
        ({"merchant_id": {"not_in_list": "none"}}, {"merchant_id": "m1"}, True),
        # With other conditions, on the field and on others
        ({"merchant_id": {"in_list": "trusted", "ne": "m2"}}, {"merchant_id": "m2"}, False),
        ({"merchant_id": {"in_list": "trusted", "ne": "m2"}}, {"merchant_id": "m1"}, True),
        ({"merchant_id": {"in_list": "trusted"}, "amount": {"gt": 1}}, {"merchant_id": "m1"}, False),
    ],
)
def test_a_window_selects_by_a_list(where: dict, fields: dict, matches: bool) -> None:
    rule = window(ANY, where=where)
    assert fires(rule, ev("a", 0, **fields)) == (["a"] if matches else [])


@pytest.mark.parametrize("operator", ["in_list", "not_in_list"])
def test_a_type_without_the_field_matches_neither(operator: str) -> None:
    rule = window(ANY, event=["debit", "login"], where={"merchant_id": {operator: "trusted"}})
    assert fires(rule, ev("a", 0, "login")) == []


def test_what_is_measured_leaves_out_what_a_list_leaves_out() -> None:
    rule = window({"count": {"gte": 2}}, where={"merchant_id": {"not_in_list": "trusted"}})
    shops = ["m8", "m1", "m2", "m9"]
    assert fires(rule, *(ev(shop, at, merchant_id=shop) for at, shop in enumerate(shops))) == ["m9"]


def test_an_override_may_ask_a_list() -> None:
    override = {"where": {"merchant_id": {"in_list": "trusted"}}, "when": {"count": {"gte": 3}}}
    rule = window(ANY, overrides=[override])
    assert fires(rule, ev("a", 0, merchant_id="m9")) == ["a"]
    assert fires(rule, ev("a", 0), ev("b", 1), ev("c", 2)) == ["c"]


def test_the_steps_of_a_sequence_and_what_cancels_them_may_ask_lists() -> None:
    rule = sequence(
        {"name": "login", "event": "login", "where": {"device_id": {"not_in_list": "watched"}}},
        {
            "name": "pay",
            "event": "debit",
            "within": "30m",
            "where": {"merchant_id": {"not_in_list": "trusted"}},
            "unless": {"event": "device_bound", "where": {"device_id": {"in_list": "watched"}}},
        },
    )
    login, debit = ev("a", 0, "login", device_id="d9"), ev("c", 2, merchant_id="m9")
    assert fires(rule, login, debit) == ["c"]
    assert fires(rule, ev("a", 0, "login", device_id="d1"), debit) == []
    assert fires(rule, login, ev("c", 2, merchant_id="m1")) == []
    assert fires(rule, login, ev("b", 1, "device_bound", device_id="d1"), debit) == []
    assert fires(rule, login, ev("b", 1, "device_bound", device_id="d9"), debit) == ["c"]


@pytest.mark.parametrize(("device", "severity"), [("d1", "critical"), ("d2", "medium"), (None, "medium")])
def test_an_override_of_a_sequence_may_ask_a_list_of_a_step(device: str | None, severity: str) -> None:
    rule = sequence(
        {"name": "login", "event": "login"},
        {"name": "pay", "event": "debit", "within": "30m"},
        rule={"overrides": [{"where": {"login.device_id": {"in_list": "watched"}}, "severity": "critical"}]},
    )
    engine, history = Engine([rule], 10 * MINUTE, 5_000, LISTS), History()
    engine.observe(history, Entry(ev("a", 0, "login", device_id=device), None), 0)
    (alert,) = engine.observe(history, Entry(ev("b", 1), None), 0).alerts
    assert alert.severity == severity


def test_a_list_that_nobody_gave_is_no_empty_list() -> None:
    with pytest.raises(KeyError, match="trusted"):
        Engine([window(ANY, where={"merchant_id": {"in_list": "trusted"}})], 0, 10)


def test_the_lists_of_a_rule_are_those_of_all_its_parts() -> None:
    asked = iter("abcde")

    def where() -> dict:
        return {"device_id": {"in_list": next(asked)}}

    rule = sequence(
        {"name": "one", "event": "login", "where": where()},
        {
            "name": "two",
            "event": "debit",
            "within": "5m",
            "where": where(),
            "unless": {"event": "login", "where": where()},
        },
        rule={"overrides": [{"where": {"two.device_id": {"not_in_list": next(asked)}}, "severity": "low"}]},
    )
    assert lists_of(rule) == {"a", "b", "c", "d"}
    assert lists_of(window(ANY, where={"merchant_id": ["in_list"]})) == set()


def test_the_version_of_a_rule_changes_with_the_list_that_it_names() -> None:
    one, other = (window(ANY, where={"merchant_id": {"in_list": name}}) for name in ("trusted", "none"))
    assert one.version != other.version


def test_an_event_is_kept_whatever_the_list_says_so_that_a_changed_list_counts_for_the_past() -> None:
    # Given two debits at a trusted merchant, the second long after the lateness
    rule = window({"count": {"gte": 3}}, within="6h", where={"merchant_id": {"not_in_list": "trusted"}})
    history = History()
    assert fires(rule, ev("a", 0), ev("b", 60), history=history) == []
    # When the merchant is trusted no longer, the next debit is the third
    settled = Engine([rule], 10 * MINUTE, 5_000, {"trusted": frozenset()})
    settled.settle(history)
    assert fires(rule, ev("c", 120), lists={"trusted": frozenset()}, history=history) == ["c"]


def test_an_event_without_the_field_is_not_kept_for_a_list() -> None:
    rule = window(ANY, event=["debit", "login"], within="6h", where={"merchant_id": {"in_list": "trusted"}})
    engine, history = Engine([rule], 10 * MINUTE, 5_000, LISTS), History()
    engine.observe(history, Entry(ev("a", 120), None), 0)
    for kind, outcome in (("debit", Outcome.ACCEPTED), ("login", Outcome.TOO_LATE)):
        late = ev(kind, 120 - 60, kind)
        assert late.event_time == HOUR
        assert engine.observe(history, Entry(late, None), 0).outcome is outcome


def test_an_engine_that_is_replaced_is_gone_at_once_and_its_lists_with_it() -> None:
    # The garbage collector comes by rarely: until then every change of a long list would stay in memory.
    rules = [
        window(ANY, where={"merchant_id": {"in_list": "trusted"}}, overrides=[{"where": {"city": "X"}}]),
        sequence(
            {"name": "one", "event": "login", "where": {"device_id": {"not_in_list": "trusted"}}},
            {"name": "two", "event": "debit", "within": "5m", "unless": {"event": "login"}},
        ),
    ]

    def references() -> int:
        return sys.getrefcount(LISTS["trusted"])

    gc.collect()
    gc.disable()
    try:
        before = references()
        engine, history = Engine(rules, 10 * MINUTE, 5_000, LISTS), History()
        for at, kind in enumerate(("login", "debit")):
            engine.observe(history, Entry(ev(kind, at, kind), None), 0)
        gone, meanwhile = weakref.ref(engine), references()
        del engine
        history.selections.clear()  # as histories in memory do when another engine takes over
        left = references()
    finally:
        gc.enable()
    assert meanwhile > before
    assert (gone(), left) == (None, before)
