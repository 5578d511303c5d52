"""Instalment cash-out: credit released by the face becomes cash, often right after the limit was raised.

The roles are `limit-raise`, `face` and `instalment`; the user does it, or was talked into it.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.instalments import face_and_instalment
from detector.simulate.paces import moments
from detector.simulate.people import Person
from detector.simulate.scene import Scene
from detector.simulate.spans import DAY, HOUR, MINUTE, SECOND
from detector.simulate.story import Act

_GAPS = {
    "plain": (5 * MINUTE, 60 * MINUTE),
    "slow": (5 * HOUR, 20 * HOUR),
    "fast": (70 * SECOND, 3 * MINUTE),
}
_AFTER_A_RAISE = 0.6
_AT_ONE_MERCHANT = 0.6


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    person = scene.people.person(case.user)
    merchant = scene.people.merchant() if draw.chance(_AT_ONE_MERCHANT) else None
    begin, *times = moments(case.begin, draw.between(4, 9), _GAPS[case.pace], draw)
    purchases = [
        act
        for at in times
        for act in face_and_instalment(case, scene, at, person, merchant or scene.people.merchant())
    ]
    return [_raise(begin, person, case, scene), *purchases] if draw.chance(_AFTER_A_RAISE) else purchases


def _raise(at: int, person: Person, case: Case, scene: Scene) -> Act:
    limit = 100_000 * scene.draw.between(10, 80)
    return Act(at, person, "credit_limit_raised", {"new_limit": limit}, case.mark("limit-raise"))


INSTALMENT_CASH_OUT = Kind("instalment-cash-out", _story, longest=8 * DAY, hours=(8, 21))
