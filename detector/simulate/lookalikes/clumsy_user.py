"""A user who needs several attempts at everything: failed faces, forgotten passwords, payments made twice."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import account_act, agreed_debit, by_day, face, login
from detector.simulate.paces import moments
from detector.simulate.people import People, Person
from detector.simulate.spans import MINUTE, SECOND
from detector.simulate.story import Act


def struggle(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """A password reset after failed faces, then a payment under an agreement that is made again and again."""
    now = by_day(draw, midnight)
    attempts = moments(now, draw.between(2, 6), (20 * SECOND, 2 * MINUTE), draw)
    inside = attempts[-1] + draw.between(MINUTE, 5 * MINUTE)
    return [
        *(face(person, at, purpose="login", result="failed") for at in attempts),
        face(person, inside, purpose="login"),
        account_act(person, "password_reset", inside + MINUTE),
        *(login(draw, person, inside + number * MINUTE) for number in range(2, 2 + draw.between(1, 3))),
        *_paid_again(draw, people, person, inside + 10 * MINUTE),
    ]


def _paid_again(draw: Draw, people: People, person: Person, at: int) -> list[Act]:
    """The gate of a car park or a vending machine seems not to have taken the payment."""
    merchant = people.haunt(person, draw.between(0, 5))
    amount = draw.between(200, 2_500)
    return [
        agreed_debit(person, merchant, attempt, amount)
        for attempt in moments(at, draw.between(1, 4), (15 * SECOND, MINUTE), draw)
    ]
