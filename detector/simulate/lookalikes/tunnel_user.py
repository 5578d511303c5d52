"""A user whose traffic leaves the net now here, now in another city: a company's or a private tunnel."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import login, other_city
from detector.simulate.people import People, Person
from detector.simulate.spans import HOUR
from detector.simulate.story import Act


def day(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """One login in three days or so through the tunnel, on top of those at home."""
    if not draw.chance(0.3):
        return []
    at = midnight + draw.between(8 * HOUR, 22 * HOUR)
    return [login(draw, person, at, city=other_city(person), ip=f"203.0.113.{person.index & 255}")]
