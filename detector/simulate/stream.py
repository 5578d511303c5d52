"""The stream of plain traffic: normal life and two frauds, in the order of event time."""

from __future__ import annotations

from collections.abc import Iterator

from detector.simulate import two_frauds
from detector.simulate.agenda import Agenda
from detector.simulate.draw import Draw
from detector.simulate.happening import Simulated, happen, id_prefix
from detector.simulate.life import Life
from detector.simulate.people import People
from detector.simulate.story import Act
from detector.simulate.traffic import Traffic


def simulate(traffic: Traffic) -> Iterator[Simulated]:
    """Exactly `traffic.events` events, in the order of event time, ids ascending.

    Events are made while they are read: memory grows with the users met and the stories under way.
    Every fraud begins and ends within the traffic.
    """
    draw = Draw(f"traffic {traffic.seed}")
    people = People(traffic.users, draw, traffic.start)
    life = Life(draw, people)
    agenda = Agenda[Act]()
    to_come = two_frauds.planned(traffic, draw)
    fraud = next(to_come, None)
    prefix = id_prefix(traffic.seed, traffic.start)
    for number, now in enumerate(_times(traffic, draw)):
        while fraud is not None and fraud.begin <= now:
            _put_down(two_frauds.story(fraud, people, draw), agenda)
            fraud = next(to_come, None)
        if not agenda.is_due(now):
            _put_down(life.story(now), agenda)
        yield happen(agenda.pop(), f"{prefix}-{number:010d}", draw)


def _times(traffic: Traffic, draw: Draw) -> Iterator[int]:
    gap = traffic.span / max(1, traffic.events)
    for number in range(traffic.events):
        yield traffic.start + int(max(0.0, number - draw.fraction()) * gap)


def _put_down(acts: list[Act], agenda: Agenda[Act]) -> None:
    for act in acts:
        agenda.add(act.at, act)
