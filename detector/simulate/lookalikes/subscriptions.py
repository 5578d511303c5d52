"""The first of the month: films, music, storage, telephone and power are debited in one night."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import agreed_debit
from detector.simulate.lookalikes.days import is_first_of_month
from detector.simulate.people import People, Person
from detector.simulate.spans import HOUR, MINUTE
from detector.simulate.story import Act

_SERVICES = range(10, 30)
_PRICES = (600, 1_000, 1_500, 1_800, 2_500, 3_000, 5_900, 9_900, 15_000, 25_000)


def night(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """Three to eight services, each at the time at which it debits all its customers."""
    if not is_first_of_month(midnight):
        return []
    services = list(_SERVICES)
    draw.shuffle(services)
    return [
        agreed_debit(
            person,
            people.operator(service),
            midnight + _run_of(service) + draw.between(0, 20 * MINUTE),
            draw.pick(_PRICES),
        )
        for service in services[: draw.between(3, 8)]
    ]


def _run_of(service: int) -> int:
    """Most services debit in the first hour, the others by eight."""
    return service % 4 * 10 * MINUTE if service % 2 else service % 8 * HOUR
