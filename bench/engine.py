"""How many events a second the engine takes by itself: no Kafka, no Redis, no bytes.

Events are decoded beforehand. Each run takes them all, in their order, through `Engine.observe` of every
scope, into histories that start empty. The time is this process's CPU time, for other work on the machine
disturbs it least. The sets of rules take turns, run after run: what slows the machine slows them alike.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.errors import BenchFailed
from bench.rule_sets import RuleSet
from bench.traffic import Record, expected_alerts
from detector.config import Settings
from detector.core.alert import Alert
from detector.core.engine import Engine
from detector.core.events import Event, decode
from detector.core.history import Entry, History
from detector.core.routing import MERCHANT, USER, rules_by
from detector.core.rule import Rule
from detector.replay.backtest import standing_ids


@dataclass
class EngineRuns:
    """All runs with one set of rules; rates are events a second of CPU time."""

    name: str
    rules: int
    events: int
    alerts_standing: int
    rates: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of the runs' rates."""
        return statistics.median(self.rates)


class _Feed(NamedTuple):
    """What goes to the engine of one scope, in order."""

    engine: Engine
    arrivals: list[tuple[str, Entry]]


def measure_engine(records: Sequence[Record], sets: Sequence[RuleSet], runs: int) -> list[EngineRuns]:
    """So many runs with each set of rules.

    Raises:
        BenchFailed: the standing alerts are not those of a backtest.
    """
    settings = Settings()
    events = [decode(record.value) for record in records]
    typed = [event for event in events if isinstance(event, Event)]
    if len(typed) < len(records):
        raise BenchFailed("the traffic holds events that are refused")
    expected = [expected_alerts(records, rule_set.rules, settings) for rule_set in sets]
    found = [
        EngineRuns(rule_set.name, len(rule_set.rules), len(typed), len(alerts))
        for rule_set, alerts in zip(sets, expected, strict=True)
    ]
    for _ in range(runs):
        for rule_set, alerts, measured in zip(sets, expected, found, strict=True):
            seconds, standing = _run(_feeds(rule_set.rules, settings, typed))
            if standing != alerts:
                raise BenchFailed(
                    f"with {measured.rules} rules the engine's standing alerts are not those of a backtest"
                )
            measured.rates.append(len(typed) / seconds)
    return found


def _feeds(rules: Sequence[Rule], settings: Settings, events: Sequence[Event]) -> list[_Feed]:
    state = settings.state
    feeds = []
    for scope in (USER, MERCHANT):
        scoped = rules_by(scope, rules)
        if scoped:
            keyed = ((getattr(event, scope, None), event) for event in events)
            arrivals = [(key, Entry(event, None)) for key, event in keyed if key is not None]
            feeds.append(_Feed(Engine(scoped, state.allowed_lateness, state.history_cap), arrivals))
    return feeds


def _run(feeds: Sequence[_Feed]) -> tuple[float, set[str]]:
    """The CPU seconds that the feeds took, and the ids of the alerts that stand in the end."""
    published: list[Alert] = []
    gc.collect()
    started = time.process_time()
    for engine, arrivals in feeds:
        histories: dict[str, History] = {}
        observe = engine.observe
        for key, entry in arrivals:
            history = histories.get(key)
            if history is None:
                history = histories[key] = History()
            _, _, alerts = observe(history, entry, entry.event.event_time)
            history.unsaved.clear()
            published += alerts
    return time.process_time() - started, standing_ids(published)
