"""Runs the tests that a rule carries, with the engine that also decides live."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from detector.core.alert import Alert, Status
from detector.core.engine import Engine
from detector.core.history import Entry, History
from detector.core.rule import Mode, Rule, lists_of
from detector.rules.examples import START, Example, Expected

ALLOWED_LATENESS = 600_000
HISTORY_CAP = 5_000


class Failure(NamedTuple):
    """A test whose alerts differ from what it expects; `message` says how."""

    example: Example
    message: str


def failures(rule: Rule, examples: list[Example]) -> list[Failure]:
    """The tests of a rule that do not come out as they say."""
    found = [(example, _difference(standing_alerts(rule, example), example.expected)) for example in examples]
    return [Failure(example, message) for example, message in found if message]


def standing_alerts(rule: Rule, example: Example) -> list[Alert]:
    """The alerts that stand after a test's events, by the event time of their anchors.

    A list that the test does not fill is empty.
    """
    lists = dict.fromkeys(lists_of(rule), frozenset[str]()) | example.lists
    engine = Engine([msgspec.structs.replace(rule, mode=Mode.LIVE)], ALLOWED_LATENESS, HISTORY_CAP, lists)
    histories: dict[str, History] = {}
    latest: dict[str, Alert] = {}
    for event in example.events:
        key = getattr(event, rule.by[0], None)
        if key is None:
            continue
        history = histories.setdefault(key, History())
        for alert in engine.observe(history, Entry(event, None), event.event_time).alerts:
            latest[alert.alert_id] = alert
    standing = [alert for alert in latest.values() if alert.status is Status.RAISED]
    return sorted(standing, key=lambda alert: (alert.event_time, alert.severity))


def _difference(found: list[Alert], expected: list[Expected]) -> str:
    left = list(found)
    missing = []
    for item in expected:
        match = next((alert for alert in left if _meets(alert, item)), None)
        if match is None:
            missing.append(_named(item.event_time, item.named))
        else:
            left.remove(match)
    surplus = [_named(alert.event_time, {"severity": alert.severity.value}) for alert in left]
    parts = [
        f"expected {', '.join(missing)}" if missing else "",
        f"found {', '.join(surplus)}" if surplus else "",
    ]
    return "; ".join(part for part in parts if part)


def _meets(alert: Alert, expected: Expected) -> bool:
    values = {"severity": alert.severity, "action": alert.action, **alert.entity}
    return alert.event_time == expected.event_time and all(
        values.get(name) == value for name, value in expected.named.items()
    )


def _named(event_time: int, named: dict[str, Any]) -> str:
    shown = " ".join(str(value) for value in named.values())
    return f"an alert at {(event_time - START) / 1000:g}s {shown}".rstrip()
