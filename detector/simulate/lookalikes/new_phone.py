"""A new phone with the same habits."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import account_act, agreed_debit, by_day, debit, face, login
from detector.simulate.people import People, Person
from detector.simulate.spans import DAY, HOUR, MINUTE, SECOND
from detector.simulate.story import Act

# The phone's own set-up offers to copy messages to the cloud.
_COPIES_MESSAGES = 0.15
# Both cards are linked again, each with a code.
_LINKS_CARDS_AGAIN = 0.1


def change(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """The phone is set up, and the user goes on paying as before, on the first day as on the others."""
    now = by_day(draw, midnight)
    person.change_phone()
    settled = now + draw.between(5 * MINUTE, 40 * MINUTE)
    return [
        login(draw, person, now, new_device=True),
        account_act(person, "device_bound", now + draw.between(10 * SECOND, 2 * MINUTE)),
        face(person, now + draw.between(2 * MINUTE, 4 * MINUTE), purpose="login"),
        *([account_act(person, "sms_sync_enabled", settled)] if draw.chance(_COPIES_MESSAGES) else []),
        *(_cards(draw, people, person, settled) if draw.chance(_LINKS_CARDS_AGAIN) else []),
        *(_habit(draw, people, person, now) for _ in range(draw.between(2, 8))),
    ]


def _habit(draw: Draw, people: People, person: Person, now: int) -> Act:
    shop = people.haunt(person, draw.between(0, 5))
    return agreed_debit(person, shop, now + draw.between(10 * MINUTE, 2 * DAY), draw.between(200, 4_500))


def _cards(draw: Draw, people: People, person: Person, settled: int) -> list[Act]:
    merchant = people.merchant()
    return [
        debit(person, merchant, settled + draw.between(MINUTE, 5 * HOUR), 100, "otp", card_id=card)
        for card in (person.main_card, person.second_card)
    ]
