"""A family that shares one account: three devices, in some families in two cities at once."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import agreed_debit, debit, login, other_city
from detector.simulate.people import People, Person
from detector.simulate.spans import HOUR
from detector.simulate.story import Act

_MEMBERS = 3
_FIRST_HOUR, _LAST_HOUR = 7 * HOUR, 23 * HOUR
# Apps stay logged in for days.
_LOGIN_A_DAY = 0.3
_ONE_IN_SO_MANY_HAS_A_CHILD_AWAY = 8


def day(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """A day of parents and a child, who in some families studies in another city."""
    return [act for member in range(_MEMBERS) for act in _member(draw, people, person, midnight, member)]


def _member(draw: Draw, people: People, person: Person, midnight: int, member: int) -> list[Act]:
    where = {"device_id": f"d{person.index:06d}-f{member}", "city": _city(person, member)}
    acts = [login(draw, person, _some_time(draw, midnight), **where)] if draw.chance(_LOGIN_A_DAY) else []
    for _ in range(draw.between(0, 3)):
        at = _some_time(draw, midnight)
        if draw.chance(0.4):
            shop = people.haunt(person, draw.between(0, 5))
            acts.append(agreed_debit(person, shop, at, draw.between(300, 4_500), **where))
        else:
            amount = draw.mostly_small(500, 60_000)
            acts.append(debit(person, people.merchant(), at, amount, "fingerprint", **where))
    return acts


def _city(person: Person, member: int) -> str:
    is_away = member == _MEMBERS - 1 and person.index % _ONE_IN_SO_MANY_HAS_A_CHILD_AWAY == 0
    return other_city(person) if is_away else person.city


def _some_time(draw: Draw, midnight: int) -> int:
    return midnight + draw.between(_FIRST_HOUR, _LAST_HOUR)
