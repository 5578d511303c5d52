"""Runs the real engine over the property tests' plain rules and events."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from detector.core.alert import Alert, Status
from detector.core.engine import Engine, Observation
from detector.core.events import Event, Refusal, decode
from detector.core.history import Entry, History
from detector.core.rule import Rule
from detector.rules.reader import read_rule

from .twin import Standing
from .vocabulary import LISTS

LATENESS = 10 * 60_000
CAP = 5_000
SCOPES = ("user_id", "merchant_id")

Between = Callable[[str, Engine, History], History]
"""Given a scope and its engine, it may replace a history between two events."""


def read_rules(rules: list[dict[str, Any]]) -> list[Rule]:
    """The rules as the reader understands them."""
    return list(_read(tuple((rule["id"], json.dumps(rule)) for rule in rules)))


@cache
def _read(files: tuple[tuple[str, str], ...]) -> tuple[Rule, ...]:
    # JSON is YAML too.
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{rule_id}.yaml" for rule_id, _ in files]
        for path, (_, written) in zip(paths, files, strict=True):
            path.write_text(written)
        return tuple(read_rule(path).rule for path in paths)


def decoded(event: dict[str, Any]) -> Event:
    found = decode(msgspec.json.encode(event))
    assert not isinstance(found, Refusal), found.message
    return found


def _as_it_was(scope: str, engine: Engine, history: History) -> History:
    return history


class Detector:
    """Rules ready to run, over one stream after the other."""

    def __init__(self, rules: list[Rule], cap: int = CAP) -> None:
        self.engines = {
            scope: Engine(mine, LATENESS, cap, LISTS)
            for scope in SCOPES
            if (mine := [rule for rule in rules if rule.by[0] == scope])
        }

    def run(self, events: Iterable[Event], between: Between = _as_it_was) -> list[Alert]:
        """Every alert of a stream, in the order it is published."""
        return [alert for *_, observed in self.observations(events, between) for alert in observed.alerts]

    def observations(
        self, events: Iterable[Event], between: Between = _as_it_was
    ) -> Iterator[tuple[str, int, Observation]]:
        """What each event of a stream led to, with its number, scope by scope."""
        arrived = list(events)
        for scope, engine in self.engines.items():
            histories: dict[str, History] = {}
            for number, event in enumerate(arrived):
                key = getattr(event, scope, None)
                if key is None:
                    continue
                history = histories.setdefault(key, History())
                yield scope, number, engine.observe(history, Entry(event, None), event.event_time)
                histories[key] = between(scope, engine, history)


def observe_all(
    rules: list[Rule], events: list[dict[str, Any]], between: Between = _as_it_was
) -> list[Alert]:
    """Every alert of a stream; see `Detector.run`."""
    return Detector(rules).run(map(decoded, events), between)


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
