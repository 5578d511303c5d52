"""Malicious complaints: a user complains for a refund or a payment, again and again, and has no case.

The roles are `complaint` and `outcome`.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.complaining import complained
from detector.simulate.paces import moments
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
# Withdrawn once the merchant has paid to be left alone; now and then one is upheld.
_OUTCOMES = ("rejected",) * 5 + ("withdrawn",) * 4 + ("upheld",)


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    person = scene.people.person(case.user)
    times = moments(case.begin, draw.between(*_COUNTS[case.pace]), _GAPS[case.pace], draw)
    return [
        act
        for at in times
        for act in complained(
            case,
            person,
            scene.people.merchant(),
            at,
            at + draw.between(*_DECIDED_AFTER),
            draw.pick(_OUTCOMES),
        )
    ]


MALICIOUS_COMPLAINTS = Kind("malicious-complaints", _story, longest=30 * DAY, hours=(9, 20))
