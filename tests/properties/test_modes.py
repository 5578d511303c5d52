"""Rules that go live and back into shadow between any two events: what each topic is told."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import msgspec

from detector.core.alert import Alert, Status
from detector.core.engine import Engine
from detector.core.history import Entry, History
from detector.core.rule import Mode, Rule

from .engine_runs import CAP, LATENESS, SCOPES, decoded, observe_all, read_rules
from .engine_runs import standing as standing_of
from .fragile import fragile_stream
from .random_rules import random_rules
from .streams import random_events
from .twin import anchors, standing
from .vocabulary import LISTS

SEEDS = 150
EVENTS = 40
CHANGES = 0.2
"""How often the mode changes from one event to the next."""

Stream = list[dict[str, Any]]


def test_the_live_topic_tells_of_every_anchor_seen_live_and_of_no_other() -> None:
    told = 0
    for seed in range(SEEDS):
        rng = Random(seed)
        written = random_rules(rng)
        arrived = sorted(
            random_events(rng, EVENTS), key=lambda event: (event["event_time"], event["event_id"])
        )
        rules, modes = read_rules(written), random_modes(rng, len(arrived))
        seen_in: dict[str, Mode] = {}
        for event, mode in zip(arrived, modes, strict=True):
            seen_in.setdefault(event["event_id"], mode)
        expected = set().union(
            *(
                standing(
                    rule,
                    [one for one in anchors(rule, arrived, LISTS) if seen_in[one.event_id] is Mode.LIVE],
                )
                for rule in written
            )
        )
        on_topic = [alert for alert in observe_in(modes, rules, arrived) if alert.mode is Mode.LIVE]
        assert standing_of(rules, on_topic) == expected, f"seed {seed}"
        told += len(expected)
    assert told > SEEDS


def test_each_topic_takes_back_what_it_told_and_both_together_stand_as_one() -> None:
    withdrawn = 0
    for seed in range(SEEDS):
        rng = Random(seed)
        written, arrived = fragile_stream(rng, cooldown="10m")
        rules = read_rules(written)
        alerts = observe_in(random_modes(rng, len(arrived)), rules, arrived)
        assert standing_of(rules, alerts) == standing_of(rules, observe_all(rules, arrived)), f"seed {seed}"
        last = last_by_id(alerts)
        live = last_by_id(alert for alert in alerts if alert.mode is Mode.LIVE)
        for alert_id, alert in live.items():
            raised_again_in_shadow = last[alert_id].mode is Mode.SHADOW
            assert alert == last[alert_id] or (raised_again_in_shadow and alert.status is Status.WITHDRAWN), (
                f"seed {seed}"
            )
            withdrawn += alert.status is Status.WITHDRAWN
    assert withdrawn > SEEDS // 3


def random_modes(rng: Random, number: int) -> list[Mode]:
    """The mode that each of so many events is observed in."""
    found = [rng.choice([Mode.LIVE, Mode.SHADOW])]
    for _ in range(number - 1):
        other = Mode.SHADOW if found[-1] is Mode.LIVE else Mode.LIVE
        found.append(other if rng.random() < CHANGES else found[-1])
    return found


def observe_in(modes: list[Mode], rules: list[Rule], arrived: Stream) -> list[Alert]:
    """Every alert of a stream whose events are observed in these modes."""
    return [alert for scope in SCOPES for alert in _observe_scope(scope, modes, rules, arrived)]


def _observe_scope(scope: str, modes: list[Mode], rules: list[Rule], arrived: Stream) -> Iterable[Alert]:
    mine = [rule for rule in rules if rule.by[0] == scope and rule.mode is not Mode.OFF]
    engines = {
        mode: Engine([msgspec.structs.replace(rule, mode=mode) for rule in mine], LATENESS, CAP, LISTS)
        for mode in (Mode.LIVE, Mode.SHADOW)
    }
    histories: dict[str, History] = {}
    settled_for: dict[str, Mode] = {}
    for event, mode in zip(map(decoded, arrived), modes, strict=True):
        key = getattr(event, scope, None)
        if key is None:
            continue
        history = histories.setdefault(key, History())
        if settled_for.setdefault(key, mode) is not mode:
            engines[mode].settle(history)
            settled_for[key] = mode
        yield from engines[mode].observe(history, Entry(event, None), event.event_time).alerts


def last_by_id(alerts: Iterable[Alert]) -> dict[str, Alert]:
    """What was last said of each alert."""
    return {alert.alert_id: alert for alert in alerts}
