"""A flight to another city: rides, a hotel and shops there, and for some a tunnel to the office."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import agreed_debit, by_day, debit, login, other_city
from detector.simulate.people import People, Person
from detector.simulate.spans import DAY, HOUR, MINUTE
from detector.simulate.story import Act

# Large operators that people pay without a password wherever they are: rides, the metro.
_RIDES, _METRO = 4, 5
_HAS_A_TUNNEL = 0.04


def flight(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """The last login at home, the flight, and two days at the other end."""
    now = by_day(draw, midnight)
    home = person.city
    before = login(draw, person, now)
    landing = now + draw.between(3 * HOUR, 6 * HOUR)
    person.city = other_city(person)
    person.rest("login", landing)
    on_the_ground = landing + draw.between(15 * MINUTE, HOUR)
    tunnel = [_through_tunnel(draw, person, on_the_ground, home)] if draw.chance(_HAS_A_TUNNEL) else []
    return [
        before,
        login(draw, person, on_the_ground),
        *tunnel,
        debit(
            person,
            people.merchant(),
            on_the_ground + draw.between(HOUR, 4 * HOUR),
            draw.between(20_000, 90_000),
        ),
        *_rides(draw, people, person, landing),
    ]


def _through_tunnel(draw: Draw, person: Person, after: int, home: str) -> Act:
    """A login through the office's network, which has its exit in the city where the office is."""
    return login(draw, person, after + draw.between(5 * MINUTE, 4 * HOUR), city=home)


def _rides(draw: Draw, people: People, person: Person, landing: int) -> list[Act]:
    return [
        agreed_debit(
            person,
            people.operator(draw.pick((_RIDES, _METRO))),
            landing + draw.between(20 * MINUTE, 2 * DAY),
            draw.between(300, 6_000),
        )
        for _ in range(draw.between(2, 7))
    ]
