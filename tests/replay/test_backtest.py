"""A backtest sends each event the way that it takes live."""

import json
from typing import Any

from detector.core.events import Reason
from detector.core.rule import Rule
from detector.replay.backtest import Backtest

from ..core.given import DEFAULTS, HOUR, MINUTE, window

LATENESS = 10 * MINUTE
DAY = 24 * HOUR


def debit(event_id: str, at: int, **fields: Any) -> dict[str, Any]:
    return DEFAULTS | {"type": "debit", "event_id": event_id, "event_time": at} | fields


def backtest(rules: list[Rule], *events: dict[str, Any]) -> tuple[Backtest, list[str]]:
    """A backtest of these events, and the anchors of the alerts that were raised."""
    test = Backtest(rules, LATENESS, 5_000)
    alerts = list(test.run(json.dumps(event).encode() for event in events))
    return test, [alert.anchor.event_id for alert in alerts]


def by_merchant(count: int, within: str = "1h", **rest: Any) -> Rule:
    return window({"count": {"gte": count}}, within=within, by="merchant_id", **rest)


def test_a_merchants_events_are_counted_over_all_users():
    _, anchors = backtest([by_merchant(3)], *(debit(f"e{n}", n, user_id=f"u{n}") for n in range(3)))
    assert anchors == ["e2"]


def test_a_duplicate_at_its_user_does_not_reach_its_merchant():
    # The second has the id of the first but another merchant: it counts nowhere.
    test, anchors = backtest([by_merchant(1)], debit("e0", 0), debit("e0", 1, merchant_id="m2"))
    assert anchors == ["e0"]
    assert test.summary.duplicates == 1


def test_duplicates_are_told_without_any_rule_by_user():
    test, _ = backtest([by_merchant(5)], debit("e0", 0), debit("e0", 0))
    assert (test.summary.events, test.summary.duplicates) == (2, 1)


def test_an_event_too_late_for_its_user_still_counts_for_its_merchant():
    test, anchors = backtest(
        [by_merchant(2, within="2d")], debit("e0", DAY), debit("e1", 0), debit("e2", DAY, user_id="u2")
    )
    assert anchors == ["e0"]
    assert test.summary.late == 1
    assert not test.summary.refused


def test_an_event_is_refused_where_it_is_too_late_for_all_its_keys():
    test, _ = backtest([by_merchant(2)], debit("e0", 2 * DAY), debit("e1", 0))
    assert test.summary.refused == {Reason.TOO_LATE: 1}


def test_an_event_is_refused_where_it_is_too_late_for_its_user_and_no_merchant_wants_it():
    rule = by_merchant(2, within="10d", event="refund")
    test, _ = backtest([rule], debit("e0", 2 * DAY), debit("e1", 0))
    assert test.summary.refused == {Reason.TOO_LATE: 1}


def test_a_merchants_history_is_not_dated_by_types_that_no_rule_of_its_own_can_use():
    # The refund is a day ahead: were it in the merchant's history, the debits would be too late.
    _, anchors = backtest(
        [by_merchant(2)],
        debit("e0", 0),
        debit("r0", DAY, type="refund", user_id="u2"),
        debit("e1", MINUTE, user_id="u3"),
    )
    assert anchors == ["e1"]
