"""What a thief uses that is not the victim's."""

from __future__ import annotations

from collections.abc import Sequence

from detector.simulate.case import Case
from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.people import CITIES, Merchant, Person
from detector.simulate.scene import Scene
from detector.simulate.spending import no_password_fields
from detector.simulate.story import Act


def own_phone(draw: Draw, person: Person) -> Fields:
    """A phone that the victim never used, in another city."""
    city = draw.pick([city for city in CITIES if city != person.city])
    ip = f"36.{draw.between(96, 191)}.{draw.between(0, 255)}.{draw.between(1, 254)}"
    return {"device_id": f"d9{draw.between(0, 9_999_999):07d}", "city": city, "country": "CN", "ip": ip}


def transfer_fields(draw: Draw, card_id: str, amount: int, auth_method: str) -> Fields:
    """A transfer from a card of the victim to an account that belongs to no user; `amount` in fen."""
    return {
        "amount": amount,
        "currency": "CNY",
        "payee_id": f"x{draw.between(0, 9_999_999):07d}",
        "auth_method": auth_method,
        "card_id": card_id,
        "channel": "app",
    }


def no_password_debits(
    case: Case,
    scene: Scene,
    times: Sequence[int],
    merchants: Sequence[Merchant],
    amounts: tuple[int, int],
    phone: Fields,
) -> list[Act]:
    """A no-password debit at each time, of an amount from a range, in fen; `phone` says how it is made."""
    draw = scene.draw
    person = scene.people.person(case.user)
    return [
        Act(
            at,
            person,
            "debit",
            no_password_fields(person, draw.pick(merchants), draw.between(*amounts))
            | {"channel": "app"}
            | phone,
            case.mark("debit"),
        )
        for at in times
    ]
