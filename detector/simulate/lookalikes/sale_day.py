"""A merchant's sale day: many customers at once, many of them on instalments."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import agreed_debit, debit, instalment, instalment_by_face
from detector.simulate.people import Merchant, People
from detector.simulate.spans import HOUR, MINUTE
from detector.simulate.story import Act

_DOORS_OPEN = 12 * HOUR
_RUSH = 20 * MINUTE


def sale(draw: Draw, people: People, merchant: Merchant, midnight: int) -> list[Act]:
    """From the morning on some customers, in the first minutes of the sale very many, then fewer."""
    customers = draw.mostly_small(60, 900)
    return [
        act
        for _ in range(customers)
        for act in _purchase(draw, people, merchant, _time(draw, midnight + 8 * HOUR))
    ]


def _time(draw: Draw, morning: int) -> int:
    if draw.chance(0.25):
        return morning + _DOORS_OPEN + draw.between(0, _RUSH)
    return morning + draw.between(0, 16 * HOUR)


def _purchase(draw: Draw, people: People, merchant: Merchant, at: int) -> list[Act]:
    customer = people.anyone()
    amount = draw.mostly_small(1_500, 500_000)
    if draw.chance(0.4):
        return [agreed_debit(customer, merchant, at, draw.mostly_small(1_000, 10_000))]
    if draw.chance(0.3):
        if draw.chance(0.5):
            return [*instalment_by_face(draw, customer, merchant, at, 50_000 + amount)]
        return [instalment(draw, customer, merchant, at, 50_000 + amount, "password")]
    return [debit(customer, merchant, at, amount)]
