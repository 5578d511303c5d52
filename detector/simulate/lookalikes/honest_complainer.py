"""A user with reasons to complain, who is mostly right and not always believed."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.lookalikes.acts import by_day
from detector.simulate.people import People, Person
from detector.simulate.spans import DAY, HOUR
from detector.simulate.story import Act

_OUTCOMES = ("upheld",) * 6 + ("rejected",) * 3 + ("withdrawn",)


def month(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """Some complaints over three weeks, each decided within three days."""
    return [
        act
        for number in range(draw.between(2, 8))
        for act in _complaint(draw, people, person, midnight, number)
    ]


def _complaint(draw: Draw, people: People, person: Person, midnight: int, number: int) -> list[Act]:
    opened = by_day(draw, midnight) + draw.between(0, 20) * DAY
    fields: Fields = {
        "complaint_id": f"q{person.index:06d}-{midnight}-{number}",
        "merchant_id": people.merchant().merchant_id,
    }
    decided = opened + draw.between(2 * HOUR, 3 * DAY)
    return [
        Act(opened, person, "complaint", fields | {"status": "opened"}),
        Act(decided, person, "complaint", fields | {"status": draw.pick(_OUTCOMES)}),
    ]
