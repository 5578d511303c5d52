"""A phone that was reported lost and turned up again behind the sofa."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.lookalikes.acts import agreed_debit, by_day, debit, login
from detector.simulate.people import People, Person
from detector.simulate.spans import HOUR, MINUTE
from detector.simulate.story import Act


def lost_and_found(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """The report, hours of search, and life goes on with the same phone."""
    now = by_day(draw, midnight)
    report: Fields = {"device_id": person.device_id, "channel": "web"}
    found = now + draw.between(HOUR, 12 * HOUR)
    return [
        Act(now, person, "device_reported_lost", report),
        login(draw, person, found),
        agreed_debit(
            person,
            people.haunt(person, 0),
            found + draw.between(10 * MINUTE, 5 * HOUR),
            draw.between(200, 4_500),
        ),
        debit(person, people.merchant(), found + draw.between(HOUR, 10 * HOUR), draw.between(1_000, 20_000)),
    ]
