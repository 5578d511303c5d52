"""The stream of simulated events: normal life and frauds, in the order of event time."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from detector.simulate import frauds
from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.label import Label
from detector.simulate.life import Life
from detector.simulate.people import People
from detector.simulate.story import Act
from detector.simulate.traffic import Traffic

_ACCOUNT_TOPIC = "logins"
_TOPICS = {
    "debit": "payments",
    "transfer": "payments",
    "instalment": "payments",
    "refund": "payments",
    "complaint": "complaints",
}


class Simulated(NamedTuple):
    """An event, the default name of the topic it belongs on, and its label if it is part of a fraud."""

    event: Fields
    topic: str
    label: Label | None


class _Agenda:
    """The acts to come, by event time; acts of one time in the order in which they were added."""

    def __init__(self) -> None:
        self._acts: list[tuple[int, int, Act]] = []
        self._added = 0

    def add(self, acts: list[Act]) -> None:
        for act in acts:
            heappush(self._acts, (act.at, self._added, act))
            self._added += 1

    def is_due(self, now: int) -> bool:
        return bool(self._acts) and self._acts[0][0] <= now

    def pop(self) -> Act:
        return heappop(self._acts)[2]


def simulate(traffic: Traffic) -> Iterator[Simulated]:
    """Exactly `traffic.events` events, in the order of event time, ids ascending.

    Events are made while they are read: memory grows with the users met and the stories under way.
    Every fraud begins and ends within the traffic.
    """
    draw = Draw(f"traffic {traffic.seed}")
    people = People(traffic.users, draw, traffic.start)
    life = Life(draw, people)
    agenda = _Agenda()
    to_come = frauds.planned(traffic, draw)
    fraud = next(to_come, None)
    prefix = _id_prefix(traffic)
    for number, now in enumerate(_times(traffic, draw)):
        while fraud is not None and fraud.begin <= now:
            agenda.add(frauds.story(fraud, people, draw))
            fraud = next(to_come, None)
        if not agenda.is_due(now):
            agenda.add(life.story(now))
        yield _simulated(agenda.pop(), f"{prefix}-{number:010d}", draw)


def _times(traffic: Traffic, draw: Draw) -> Iterator[int]:
    gap = traffic.span / max(1, traffic.events)
    for number in range(traffic.events):
        yield traffic.start + int(max(0.0, number - draw.fraction()) * gap)


def _id_prefix(traffic: Traffic) -> str:
    # Traffic of another seed or start may meet this one at a detector, which drops events of a known id.
    return f"{Draw(f'ids {traffic.seed} {traffic.start}').between(0, 2**32 - 1):08x}"


def _simulated(act: Act, event_id: str, draw: Draw) -> Simulated:
    if act.type == "debit" and act.fields["auth_method"] != "none":
        act.person.refundable = _refund_of(act.fields, event_id)
    label = act.mark and Label(event_id, act.person.user_id, *act.mark)
    return Simulated(_event(act, event_id, draw), _TOPICS.get(act.type, _ACCOUNT_TOPIC), label)


def _event(act: Act, event_id: str, draw: Draw) -> Fields:
    person = act.person
    event: Fields = {
        "event_id": event_id,
        "type": act.type,
        "event_time": act.at,
        "user_id": person.user_id,
        "device_id": person.device_id,
    }
    # Not every sender knows all circumstances.
    if draw.chance(0.5):
        event["user_tier"] = person.tier
    if draw.chance(0.3):
        event["ip"] = person.ip
    if draw.chance(0.4):
        event["city"] = person.city
        event["country"] = "CN"
    event.update(act.fields)
    return event


def _refund_of(debit: Fields, event_id: str) -> Fields:
    kept = ("amount", "currency", "merchant_id")
    return {name: debit[name] for name in kept} | {"refunded_event_id": event_id}
