"""The two rules as the peers decide them, against the engine that decides the same rules from their files."""

import json
from collections import defaultdict
from random import Random
from typing import Any

import pytest

from bench.peers.two_rules import BURST, REMOTE, USED_TYPES, State, decide, new_state
from bench.rule_sets import FEW
from detector.config import Settings
from detector.core.rule import Rule
from detector.replay.backtest import Backtest, standing_ids
from detector.rules.rule_set import CATALOGUE, rules_in_force
from detector.simulate import Traffic, simulate

START = 1_767_225_600_000
MINUTE = 60_000


@pytest.fixture(scope="module")
def rules() -> list[Rule]:
    found = [rule for rule in rules_in_force([CATALOGUE], False) if rule.id in FEW]
    assert {rule.id for rule in found} == {BURST, REMOTE}
    return found


def by_hand(events: list[dict[str, Any]]) -> list[dict[str, str]]:
    states: dict[str, State] = defaultdict(new_state)
    return [
        alert
        for event in events
        if event["type"] in USED_TYPES
        for alert in decide(states[event["user_id"]], event).alerts
    ]


def by_engine(events: list[dict[str, Any]], rules: list[Rule]) -> set[str]:
    state = Settings().state
    test = Backtest(rules, state.allowed_lateness, state.history_cap)
    return standing_ids(test.run(json.dumps(event).encode() for event in events))


def dense(seed: int) -> list[dict[str, Any]]:
    """Few users with much of what the rules look at, on times where their borders meet."""
    random = Random(seed)
    now, events = START, []
    for number in range(3_000):
        now += random.choice([0, 0, 1, MINUTE // 2, MINUTE, MINUTE, 5 * MINUTE])
        kind = random.choice([*USED_TYPES, "debit", "debit", "refund", "face_verification"])
        user = random.choice(["u1", "u2", "u3"])
        event = {"event_id": f"e{number:05d}", "type": kind, "event_time": now, "user_id": user}
        if random.random() < 0.6:
            event["user_tier"] = random.choice(["standard", "elderly", "minor"])
        if kind in {"debit", "transfer", "instalment", "refund"}:
            event |= {
                "amount": random.choice([900, 15_000, 50_000, 49_999]),
                "currency": "CNY",
                "auth_method": random.choice(["none", "none", "face"]),
                "merchant_id": "m1",
                "payee_id": "p1",
                "instalments": 3,
                "refunded_event_id": "e0",
            }
        elif kind == "face_verification":
            event["result"] = random.choice(["passed", "passed", "failed"])
        else:
            event["session_id"] = random.choice(["s1", "s2"])
        events.append(event)
    return events


@pytest.mark.parametrize("seed", range(20))
def test_on_dense_traffic_the_same_alerts_are_raised(seed: int, rules: list[Rule]) -> None:
    events = dense(seed)
    alerts = by_hand(events)
    assert {alert["alert_id"] for alert in alerts} == by_engine(events, rules)
    assert {(alert["rule_id"], alert["severity"]) for alert in alerts} == {
        (BURST, "high"),
        (REMOTE, "high"),
        (REMOTE, "critical"),
    }


@pytest.mark.parametrize("seed", range(5))
def test_on_simulated_traffic_the_same_alerts_are_raised(seed: int, rules: list[Rule]) -> None:
    events = [simulated.event for simulated in simulate(Traffic(300, 6_000, seed, 0.2))]
    alerts = by_hand(events)
    assert {alert["alert_id"] for alert in alerts} == by_engine(events, rules)
    assert {alert["rule_id"] for alert in alerts} == {BURST, REMOTE}


def test_an_alert_is_raised_once() -> None:
    ids = [alert["alert_id"] for alert in by_hand(dense(0))]
    assert len(ids) == len(set(ids))


def test_the_state_can_be_kept_as_json() -> None:
    kept: dict[str, str] = defaultdict(lambda: json.dumps(new_state()))
    alerts = []
    events = [event for event in dense(1) if event["type"] in USED_TYPES]
    for event in events:
        state: State = json.loads(kept[event["user_id"]])
        before = kept[event["user_id"]]
        decision = decide(state, event)
        after = json.dumps(state)
        # Who stores only what was changed loses nothing.
        assert decision.changed or after == before
        kept[event["user_id"]] = after
        alerts += decision.alerts
    assert alerts == by_hand(events)
