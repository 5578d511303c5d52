"""Malicious complaints: a user complains for a refund or a payment, again and again, and has no case.

The roles are `complaint` and `outcome`.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.complaining import complained
from detector.simulate.paces import moments
from detector.simulate.people import Person
from detector.simulate.scene import Scene
from detector.simulate.spans import DAY, HOUR
from detector.simulate.story import Act

_COUNTS = {"plain": (7, 12), "slow": (5, 7), "fast": (7, 15)}
_GAPS = {
    "plain": (14 * HOUR, 54 * HOUR),
    "slow": (3 * DAY, 103 * HOUR),
    "fast": (20 * 60_000, 8 * HOUR),
}
_DECIDED_AFTER = (12 * HOUR, 4 * DAY)
# Withdrawn once the merchant has paid to be left alone.
_OUTCOMES = ("rejected", "rejected", "withdrawn")
# Half of them have one complaint upheld.
_ONE_UPHELD = 0.5


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    person = scene.people.person(case.user)
    times = moments(case.begin, draw.between(*_COUNTS[case.pace]), _GAPS[case.pace], draw)
    outcomes = [draw.pick(_OUTCOMES) for _ in times]
    if draw.chance(_ONE_UPHELD):
        outcomes[draw.between(0, len(outcomes) - 1)] = "upheld"
    return [
        act
        for at, outcome in zip(times, outcomes, strict=True)
        for act in _complained(at, outcome, person, case, scene)
    ]


def _complained(at: int, outcome: str, person: Person, case: Case, scene: Scene) -> list[Act]:
    decided = at + scene.draw.between(*_DECIDED_AFTER)
    return complained(case, person, scene.people.merchant(), at, decided, outcome)


MALICIOUS_COMPLAINTS = Kind("malicious-complaints", _story, longest=30 * DAY, hours=(9, 20))
