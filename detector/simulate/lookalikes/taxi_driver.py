"""A taxi or ride-hailing driver: charging, tolls, parking and meals, all debited under agreements."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import agreed_debit
from detector.simulate.people import People, Person
from detector.simulate.spans import HOUR
from detector.simulate.story import Act

# The driver's city has one operator of tolls, one of street parking, and two networks of chargers.
_TOLLS, _PARKING, _CHARGERS = 0, 1, (2, 3)
_CAR_PARKS, _MEALS = (0, 1), (2, 3, 4)
_SHIFT = (6 * HOUR, 21 * HOUR)
_DAYS_OFF = 0.15


def day(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """A shift of about fifteen hours, or a day off."""
    if draw.chance(_DAYS_OFF):
        return []
    tolls = [(people.operator(_TOLLS), draw.between(500, 3_500)) for _ in range(draw.mostly_small(0, 12))]
    streets = [(people.operator(_PARKING), draw.between(100, 1_000)) for _ in range(draw.between(0, 5))]
    car_parks = [
        (people.haunt(person, draw.pick(_CAR_PARKS)), draw.between(300, 2_000))
        for _ in range(draw.between(0, 4))
    ]
    charges = [
        (people.operator(draw.pick(_CHARGERS)), draw.between(1_500, 6_000)) for _ in range(draw.between(2, 3))
    ]
    meals = [
        (people.haunt(person, draw.pick(_MEALS)), draw.between(500, 3_000)) for _ in range(draw.between(3, 6))
    ]
    return [
        agreed_debit(person, merchant, midnight + draw.between(*_SHIFT), amount)
        for merchant, amount in (*tolls, *streets, *car_parks, *charges, *meals)
    ]
