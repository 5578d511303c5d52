"""The stream of the scenario set, in the order of arrival."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from detector.simulate import delivery
from detector.simulate.agenda import Agenda
from detector.simulate.case import Case
from detector.simulate.cast import Cast
from detector.simulate.daytime import time_of_day
from detector.simulate.draw import Draw
from detector.simulate.everyday import EVERYDAY
from detector.simulate.frauds import KINDS
from detector.simulate.happening import Simulated, happen, id_prefix
from detector.simulate.interleaving import interleaved
from detector.simulate.life import Life
from detector.simulate.people import People
from detector.simulate.scenario_set import DAYS, ScenarioSet
from detector.simulate.scene import Scene
from detector.simulate.spans import DAY
from detector.simulate.story import Act

_STORIES = {kind.name: kind.story for kind in KINDS}
# What the variants of delivery and of company add to a story; the paces are the stories' own.
_MANNERS: dict[str, Callable[[list[Act], Scene], list[Act]]] = {
    "interleaved": interleaved,
    "retries": lambda acts, scene: delivery.retried(acts, scene.draw),
    "late": lambda acts, scene: delivery.late(acts, scene.draw),
}


def scenarios(asked: ScenarioSet) -> Iterator[Simulated]:
    """Exactly `asked.events` events in the order of arrival: some late, some twice, with the same id.

    Events are made while they are read: memory grows with the users, and with the stories under way.
    Every fraud begins and ends within the set.
    """
    return _Stream(asked).arrivals()


def told(case: Case, scene: Scene) -> list[Act]:
    """All that happens in a fraud, its variant's manner included."""
    acts = _STORIES[case.kind](case, scene)
    manner = _MANNERS.get(case.variant)
    return manner(acts, scene) if manner else acts


class _Stream:
    def __init__(self, asked: ScenarioSet) -> None:
        self._asked = asked
        self._draw = draw = Draw(f"scenarios {asked.seed}")
        people = People(asked.users, draw, asked.start)
        self._life = Life(draw, people, EVERYDAY)
        self._scene = Scene(draw, people, self._life)
        self._cast = Cast(asked, len(people.merchants), draw)
        # Acts, which happen at their event time, and events that arrive later than that.
        self._agenda = Agenda[Act | Simulated]()
        self._prefix = id_prefix(asked.seed, asked.start)
        self._happened = 0

    def arrivals(self) -> Iterator[Simulated]:
        cases = iter(self._cast.cases)
        case = next(cases, None)
        today = self._asked.start
        for now in _times(self._asked, self._draw):
            while today <= now:
                self._begin_day(today)
                today += DAY
            while case is not None and case.begin - delivery.LONGEST_ATTEMPTS <= now:
                self._put_down(told(case, self._scene))
                case = next(cases, None)
            yield self._arrival(now)

    def _arrival(self, now: int) -> Simulated:
        while self._agenda.is_due(now):
            item = self._agenda.pop()
            if isinstance(item, Simulated):
                return item
            if (event := self._sent(item)) is not None:
                return event
        first, *rest = self._life.story(now)
        self._put_down(rest)
        event = self._happened_now(first)
        if (delay := delivery.sent_again_after(self._draw)) is not None:
            self._agenda.add(now + delay, event)
        return event

    def _sent(self, act: Act) -> Simulated | None:
        """The event of an act that happens now, if it arrives at once; its later arrivals are put down."""
        event = self._happened_now(act)
        for delay in act.delays:
            if delay:
                self._agenda.add(act.at + delay, event)
        return event if 0 in act.delays else None

    def _happened_now(self, act: Act) -> Simulated:
        self._happened += 1
        return happen(act, f"{self._prefix}-{self._happened:010d}", self._draw)

    def _begin_day(self, today: int) -> None:
        for look_alike, number in self._cast.members:
            self._put_down(look_alike.day(self._scene, number, today))

    def _put_down(self, acts: Iterable[Act]) -> None:
        for act in acts:
            self._agenda.add(act.at, act)


def _times(asked: ScenarioSet, draw: Draw) -> Iterator[int]:
    """When something happens: as often at each hour of the day as life is busy."""
    for number in range(asked.events):
        day, share = divmod(max(0.0, number - draw.fraction()) / asked.events * DAYS, 1)
        yield asked.start + int(day) * DAY + time_of_day(share)
