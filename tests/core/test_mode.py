"""A rule whose mode changes while its alerts stand: each topic is told what it needs, once."""

from __future__ import annotations

from copy import deepcopy

import msgspec
import pytest

from detector.core.alert import Alert
from detector.core.engine import Engine
from detector.core.events import Event
from detector.core.history import Entry, History, Item
from detector.core.rule import Mode, Rule

from .given import MINUTE, debits, ev, saved, sequence, window

LATENESS = 30 * MINUTE
SECOND = window({"count": {"gte": 2}})
UNLESS = sequence(
    {"name": "one", "event": "login"},
    {"name": "two", "event": "debit", "within": "30m", "unless": {"event": "password_reset"}},
)


class Key:
    """One key under a rule whose mode can change; of an alert a line `live raised b/1` is told."""

    def __init__(self, rule: Rule, mode: Mode) -> None:
        self._rule = rule
        self._history = History()
        self._stored: list[Item] = []
        self.use(mode)

    def use(self, mode: Mode) -> None:
        """Go on in this mode, with what was stored up to now."""
        self._engine = Engine([msgspec.structs.replace(self._rule, mode=mode)], LATENESS, 1_000)
        restored = History()
        for item in deepcopy(self._stored):
            restored.restore(item)
        self._engine.settle(restored)
        self._history = restored

    def told(self, *events: Event) -> list[str]:
        return [_line(alert) for event in events for alert in self._see(event)]

    def _see(self, event: Event) -> list[Alert]:
        alerts = self._engine.observe(self._history, Entry(event, None), event.event_time).alerts
        self._stored = saved(self._history, self._stored)
        return list(alerts)


def _line(alert: Alert) -> str:
    return f"{alert.mode} {alert.status} {alert.anchor.event_id}/{alert.revision}"


def test_what_stands_in_shadow_alone_is_raised_live_by_the_next_anchor() -> None:
    key = Key(SECOND, Mode.SHADOW)
    assert key.told(*debits(0, 1, 2)) == ["shadow raised b/1"]
    key.use(Mode.LIVE)
    assert key.told(ev("d", 3), ev("e", 4)) == ["live raised d/2"]


def test_what_was_said_live_is_not_said_again_when_the_rule_was_in_shadow_for_a_while() -> None:
    key = Key(SECOND, Mode.LIVE)
    assert key.told(*debits(0, 1)) == ["live raised b/1"]
    key.use(Mode.SHADOW)
    assert key.told(ev("c", 2)) == []
    key.use(Mode.LIVE)
    assert key.told(ev("d", 3)) == []


def test_a_late_event_raises_live_what_stands_in_shadow() -> None:
    key = Key(SECOND, Mode.SHADOW)
    assert key.told(ev("b", 1), ev("c", 2)) == ["shadow raised c/1"]
    key.use(Mode.LIVE)
    assert key.told(ev("a", 0)) == ["live raised b/2"]


@pytest.mark.parametrize(("said", "then"), [(Mode.LIVE, Mode.SHADOW), (Mode.SHADOW, Mode.LIVE)])
def test_an_alert_is_withdrawn_where_it_was_raised(said: Mode, then: Mode) -> None:
    key = Key(UNLESS, said)
    assert key.told(ev("a", 0, "login"), ev("c", 10)) == [f"{said} raised c/1"]
    key.use(then)
    assert key.told(ev("b", 5, "password_reset")) == [f"{said} withdrawn c/2"]


def test_a_live_alert_whose_anchor_falls_is_named_anew_where_it_was_raised() -> None:
    key = Key(UNLESS, Mode.LIVE)
    happened = [ev("a", 0, "login"), ev("d", 10), ev("e", 11, "login"), ev("f", 12)]
    assert key.told(*happened) == ["live raised d/1"]
    key.use(Mode.SHADOW)
    assert key.told(ev("b", 5, "password_reset")) == ["live raised f/2"]


def test_what_was_withdrawn_live_is_raised_again_in_the_mode_of_then() -> None:
    key = Key(UNLESS, Mode.LIVE)
    key.told(ev("a", 0, "login"), ev("c", 10), ev("b", 5, "password_reset"))
    key.use(Mode.SHADOW)
    assert key.told(ev("d", 11, "login"), ev("e", 12)) == ["shadow raised e/3"]


def test_the_earliest_anchor_of_the_period_is_not_forgotten_by_the_change() -> None:
    # Given an alert that stands in shadow by c, and is raised live by f
    key = Key(UNLESS, Mode.SHADOW)
    assert key.told(ev("a", 0, "login"), ev("c", 10)) == ["shadow raised c/1"]
    key.use(Mode.LIVE)
    assert key.told(ev("e", 14, "login"), ev("f", 15)) == ["live raised f/2"]
    # When what f rests on falls, c still holds
    assert key.told(ev("d", 14.5, "password_reset")) == ["live raised c/3"]
