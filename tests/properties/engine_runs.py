"""Runs the real engine over the property tests' plain rules and events."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from detector.core.alert import Alert, Status
from detector.core.engine import Engine
from detector.core.events import Event, Refusal, decode
from detector.core.history import Entry, History
from detector.core.rule import Rule
from detector.rules.reader import read_rule

from .twin import Standing

LATENESS = 10 * 60_000
CAP = 5_000


def read_rules(folder: Path, rules: list[dict[str, Any]]) -> list[Rule]:
    """The rules as the reader understands them: JSON is YAML too."""
    read = []
    for rule in rules:
        path = folder / f"{rule['id']}.yaml"
        path.write_text(json.dumps(rule))
        read.append(read_rule(path).rule)
    return read


def decoded(event: dict[str, Any]) -> Event:
    found = decode(msgspec.json.encode(event))
    assert not isinstance(found, Refusal), found.message
    return found


def observe_all(
    rules: list[Rule],
    events: list[dict[str, Any]],
    between: Callable[[Engine, History], History] = lambda engine, history: history,
) -> list[Alert]:
    """Every alert of a stream, in the order it is published; `between` may replace a history in between."""
    alerts: list[Alert] = []
    for scope in ("user_id", "merchant_id"):
        engine = Engine([rule for rule in rules if rule.by[0] == scope], LATENESS, CAP)
        histories: dict[str, History] = {}
        for event in map(decoded, events):
            key = getattr(event, scope, None)
            if key is None:
                continue
            history = histories.setdefault(key, History())
            alerts += engine.observe(history, Entry(event, None), event.event_time).alerts
            histories[key] = between(engine, history)
    return alerts


def standing(rules: list[Rule], alerts: list[Alert]) -> set[Standing]:
    """The alerts that stand in the end, as the twin names them."""
    by_id = {rule.id: rule for rule in rules}
    last = {alert.alert_id: alert for alert in alerts}
    return {
        _standing(by_id[alert.rule_id], alert) for alert in last.values() if alert.status is Status.RAISED
    }


def _standing(rule: Rule, alert: Alert) -> Standing:
    cooldown = rule.cooldown
    period = alert.event_time // cooldown if cooldown else (alert.event_time, alert.anchor.event_id)
    return Standing(rule.id, tuple(alert.entity[name] for name in rule.by), str(alert.severity), period)
