"""Simulated traffic with fraud in it, encoded once before anything is measured."""

from __future__ import annotations

import time
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import msgspec

from bench.zipf import HotKeys
from detector.config import Settings
from detector.core.engine import Outcome
from detector.core.events import Event, decode
from detector.core.routing import Routing
from detector.core.rule import Rule
from detector.replay.backtest import Backtest, standing_ids
from detector.simulate import Simulated, Traffic, encode, simulate
from detector.simulate.event import Fields

SEED = 20260101
WITHOUT_PASSWORD = 0.8
"""The share of ordinary debits that need no password, as where such payments are the habit."""
_SMALL_DEBIT = 9_900
_EVENTS_PER_FRAUD = 7
"""About as many events a simulated fraud has."""


class Record(NamedTuple):
    """One event as it goes to Kafka: `topic` is payments, logins or complaints, times are ms."""

    topic: str
    key: bytes
    value: bytes
    event_id: str
    event_time: int

    def at(self, event_time: int) -> Record:
        """The same event at another time."""
        fields = msgspec.json.decode(self.value)
        value = encode({**fields, "event_time": event_time})
        return self._replace(value=value, event_time=event_time)


def encoded_traffic(
    events: int,
    users: int,
    fraud: float,
    hours: float,
    without_password: float,
    end: int | None = None,
    skew: float | None = None,
) -> list[Record]:
    """Events in the order of event time.

    Args:
        events: how many.
        users: of how many users.
        fraud: about what share of the events belongs to frauds.
        hours: the event time that the events fill.
        without_password: what share of the ordinary debits is made into small no-password ones.
        end: the event time (ms) of the last of them; now, if None.
        skew: the exponent of Zipf's law by which ordinary events get their users and merchants; evenly, if
            None. Frauds keep theirs, or none would take shape.
    """
    span_ms = int(hours * 3_600_000)
    traffic = Traffic(
        users=users,
        events=events,
        seed=SEED,
        fraud=min(1.0, fraud * events / _EVENTS_PER_FRAUD / users),
        start=(int(time.time() * 1000) if end is None else end) - span_ms,
        rate=events / (hours * 3600),
    )
    random = Random(SEED)
    hot = None if skew is None else HotKeys(users, skew, Random(SEED))
    return [_record(simulated, random.random() < without_password, hot) for simulated in simulate(traffic)]


def _record(simulated: Simulated, without_password: bool, hot: HotKeys | None) -> Record:
    event = simulated.event
    if simulated.label is None:
        event = _ordinary(event, without_password, hot)
    return Record(
        simulated.topic,
        str(event["user_id"]).encode(),
        encode(event),
        str(event["event_id"]),
        int(event["event_time"]),
    )


def _ordinary(event: Fields, without_password: bool, hot: HotKeys | None) -> Fields:
    # The simulator's ordinary users seldom pay without a password; windows over such debits would lie idle.
    if without_password and event["type"] == "debit":
        event = {**event, "auth_method": "none", "amount": min(int(event["amount"]), _SMALL_DEBIT)}
    return event if hot is None else hot.take(event)


def mean_bytes(records: Sequence[Record]) -> float:
    """The mean length of the events."""
    return sum(len(record.value) for record in records) / len(records)


def expected_alerts(records: Sequence[Record], rules: Sequence[Rule], settings: Settings) -> set[str]:
    """The ids of the alerts that stand after a backtest over the same events with these rules."""
    state = settings.state
    test = Backtest(rules, state.allowed_lateness, state.history_cap)
    return standing_ids(test.run(record.value for record in records))


def rekeyed(records: Sequence[Record], rules: Sequence[Rule]) -> int:
    """How many of the events go on to their merchants with these rules."""
    onward = Routing(rules).onward
    events = (decode(record.value) for record in records)
    return sum(isinstance(event, Event) and onward(event, Outcome.ACCEPTED) is not None for event in events)
