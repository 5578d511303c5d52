"""What must stand on the alert topic, by the naive twin of the rules over the log of the input topics."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from detector.core.alert import alert_id
from detector.core.rule import Severity
from detector.rules.rule_set import CATALOGUE
from tests.faults.load import Event, load
from tests.properties import twin

RULES = Path(__file__).with_name("rules")
LATENESS = 600_000


@dataclass(frozen=True)
class Expected:
    """By alert id, the anchors that it may name, by their event ids; and by key, what must be stored.

    `histories` holds by scope and key the ids of the events that a rule can still use.
    """

    anchors: dict[str, dict[str, twin.Anchor]]
    histories: dict[str, dict[str, set[str]]]


def rules() -> list[twin.Rule]:
    """The catalogue and the rules of the fault runs, as they are written."""
    files = [*sorted(CATALOGUE.glob("*.yaml")), *sorted(RULES.glob("*.yaml"))]
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]


@cache
def expected(*of: int | float) -> Expected:
    """What a load leads to; takes what `load` takes."""
    return expected_of(load(*of).log)


def expected_of(log: Iterable[Event]) -> Expected:
    """What a log leads to, whatever the order in which it is read."""
    events = list({event["event_id"]: event for event in log}.values())
    anchors: dict[str, dict[str, twin.Anchor]] = defaultdict(dict)
    written = rules()
    for rule in written:
        for anchor in twin.anchors(rule, events):
            (standing,) = twin.standing(rule, [anchor])
            anchors[_id(standing)][anchor.event_id] = anchor
    return Expected(
        dict(anchors), {scope: _stored(written, events, scope) for scope in ("user_id", "merchant_id")}
    )


def _id(standing: twin.Standing) -> str:
    return alert_id(standing.rule_id, standing.key, Severity(standing.severity), standing.period)


def _stored(rules: list[twin.Rule], events: list[Event], scope: str) -> dict[str, set[str]]:
    """By key, the events that lie so short a time back that a rule may still use them."""
    own = [rule for rule in rules if _first(rule["by"]) == scope]
    by_key: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if scope in event:
            by_key[event[scope]].append(event)
    return {key: _needed(own, found) for key, found in by_key.items()}


def _needed(rules: list[twin.Rule], events: list[Event]) -> set[str]:
    newest = max(event["event_time"] for event in events)
    return {
        event["event_id"]
        for event in events
        if event["event_time"] + twin.keeps_for(rules, event) + LATENESS >= newest
    }


def _first(by: Any) -> Any:
    return by[0] if isinstance(by, list) else by
