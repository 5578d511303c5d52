"""A parent whose child pays with a watch or a phone of its own, on the parent's account."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import agreed_debit
from detector.simulate.lookalikes.days import is_working_day
from detector.simulate.people import People, Person
from detector.simulate.spans import HOUR
from detector.simulate.story import Act

_CANTEEN, _SHOP, _BUS = 0, 1, 2


def day(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """The bus twice, lunch, and a snack or a pen, all from the child's device."""
    if not is_working_day(midnight):
        return []
    device_id = f"d{person.index:06d}-child"
    paid = [
        (_BUS, 100, 7 * HOUR),
        (_CANTEEN, draw.between(600, 1_800), 11 * HOUR),
        (_BUS, 100, 16 * HOUR),
        *((_SHOP, draw.between(200, 2_500), 15 * HOUR) for _ in range(draw.between(0, 3))),
    ]
    return [
        agreed_debit(
            person,
            people.haunt(person, place),
            midnight + hour + draw.between(0, HOUR),
            amount,
            device_id=device_id,
        )
        for place, amount, hour in paid
    ]
