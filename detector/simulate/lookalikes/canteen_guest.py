"""A student or worker who pays each dish and drink at one canteen, meal after meal."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import agreed_debit
from detector.simulate.lookalikes.days import is_working_day
from detector.simulate.people import People, Person
from detector.simulate.spans import HOUR, MINUTE
from detector.simulate.story import Act

_CANTEENS = 40
_FIRST_CANTEEN = 30
_MEALS = (7 * HOUR, 12 * HOUR, 18 * HOUR)


def day(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """Three meals, of one payment or two, and the vending machine."""
    if not is_working_day(midnight):
        return []
    canteen = people.operator(_FIRST_CANTEEN + person.index % _CANTEENS)
    acts = []
    for meal in _MEALS:
        at = midnight + meal + draw.between(0, 45 * MINUTE)
        for _ in range(draw.pick((0, 1, 1, 1, 2))):
            acts.append(agreed_debit(person, canteen, at, draw.between(200, 1_800)))
            at += draw.between(MINUTE, 4 * MINUTE)
    for _ in range(draw.mostly_small(0, 4)):
        at = midnight + draw.between(9 * HOUR, 22 * HOUR)
        acts.append(agreed_debit(person, canteen, at, draw.between(200, 600)))
    return acts
