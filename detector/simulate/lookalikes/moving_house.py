"""Moving to another city: a deposit, furniture on instalments, new shops, new agreements."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.lookalikes.acts import (
    agreed_debit,
    by_day,
    debit,
    instalment_by_face,
    login,
    other_city,
    transfer,
)
from detector.simulate.people import Merchant, People, Person
from detector.simulate.spans import DAY, HOUR, MINUTE
from detector.simulate.spending import agreement_id
from detector.simulate.story import Act

_JOURNEY = 5 * HOUR
_INCREASE = 0.3


def move(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """The journey and the four days after it."""
    now = by_day(draw, midnight)
    arrival = now + _JOURNEY
    before = login(draw, person, now)
    person.city = other_city(person)
    person.rest("login", arrival)
    return [
        before,
        login(draw, person, arrival + 10 * MINUTE),
        *_rent(draw, person, arrival),
        *_furniture(draw, people, person, arrival + DAY),
        *_household(draw, people, person, arrival),
        *_agreements(draw, people, person, arrival),
    ]


def _rent(draw: Draw, person: Person, arrival: int) -> list[Act]:
    monthly = 10_000 * draw.between(15, 60)
    landlord, agent = (f"x{draw.between(0, 9_999_999):07d}" for _ in range(2))
    at = arrival + draw.between(HOUR, 5 * HOUR)
    return [
        transfer(person, landlord, at, 4 * monthly, "face"),
        transfer(person, agent, at + draw.between(5 * MINUTE, HOUR), monthly // 2),
    ]


def _furniture(draw: Draw, people: People, person: Person, morning: int) -> list[Act]:
    """Bed, washing machine and the like, from one shop or several, over three days."""
    acts: list[Act] = []
    shop = people.merchant()
    if draw.chance(_INCREASE):
        limit: Fields = {"new_limit": 100_000 * draw.between(10, 50)}
        acts.append(Act(morning, person, "credit_limit_raised", limit))
    for _ in range(draw.between(1, 4)):
        at = morning + draw.between(0, 2) * DAY + draw.between(HOUR, 10 * HOUR)
        where = shop if draw.chance(0.5) else people.merchant()
        acts += instalment_by_face(draw, person, where, at, 100 * draw.between(800, 6_000))
    return acts


def _household(draw: Draw, people: People, person: Person, arrival: int) -> list[Act]:
    return [
        debit(person, people.merchant(), arrival + draw.between(HOUR, 4 * DAY), draw.between(2_000, 150_000))
        for _ in range(draw.between(6, 15))
    ]


def _agreements(draw: Draw, people: People, person: Person, arrival: int) -> list[Act]:
    """Power, water, broadband, the metro."""
    merchants = {one.merchant_id: one for one in (people.merchant() for _ in range(draw.between(2, 4)))}
    return [act for merchant in merchants.values() for act in _agreement(draw, person, merchant, arrival)]


def _agreement(draw: Draw, person: Person, merchant: Merchant, arrival: int) -> list[Act]:
    """An agreement whose first debit comes at once or days later."""
    at = arrival + draw.between(2 * HOUR, 3 * DAY)
    fields: Fields = {
        "agreement_id": agreement_id(person, merchant),
        "merchant_id": merchant.merchant_id,
        "consent": "explicit",
        "new_device": False,
    }
    debits = [
        agreed_debit(person, merchant, at + draw.between(MINUTE, 2 * DAY), draw.between(300, 9_000))
        for _ in range(draw.between(1, 3))
    ]
    return [Act(at, person, "agreement_activated", fields), *debits]
