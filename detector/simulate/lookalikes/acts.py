"""The acts that look-alikes are made of."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.people import CITIES, Merchant, Person
from detector.simulate.spans import HOUR, MINUTE, SECOND
from detector.simulate.spending import debit_fields, no_password_fields
from detector.simulate.story import Act


def by_day(draw: Draw, midnight: int) -> int:
    """Some time at which people are awake."""
    return midnight + draw.between(8 * HOUR, 21 * HOUR)


def agreed_debit(person: Person, merchant: Merchant, at: int, amount: int, **more: str | bool) -> Act:
    """A debit of `amount` fen under the user's standing agreement with the merchant; `more` are fields."""
    fields = no_password_fields(person, merchant, amount) | {"channel": "app"} | more
    return Act(at, person, "debit", fields)


def debit(
    person: Person, merchant: Merchant, at: int, amount: int, method: str = "password", **more: str | bool
) -> Act:
    """A debit of `amount` fen that the user authorises."""
    fields = debit_fields(merchant, amount, method) | {"channel": "app", "card_id": person.main_card} | more
    return Act(at, person, "debit", fields)


def transfer(person: Person, payee_id: str, at: int, amount: int, method: str = "password") -> Act:
    """`amount` fen sent to another account."""
    fields: Fields = {
        "channel": "app",
        "amount": amount,
        "currency": "CNY",
        "payee_id": payee_id,
        "auth_method": method,
        "card_id": person.main_card,
    }
    return Act(at, person, "transfer", fields)


def instalment(draw: Draw, person: Person, merchant: Merchant, at: int, amount: int, method: str) -> Act:
    """A purchase of `amount` fen on credit."""
    fields: Fields = {
        "channel": "app",
        "amount": amount,
        "currency": "CNY",
        "merchant_id": merchant.merchant_id,
        "auth_method": method,
        "instalments": draw.pick((3, 6, 12, 24)),
    }
    return Act(at, person, "instalment", fields)


def instalment_by_face(
    draw: Draw, person: Person, merchant: Merchant, at: int, amount: int
) -> tuple[Act, Act]:
    """A purchase of `amount` fen on credit, and the face verification that releases it."""
    released = face(person, at, purpose="instalment")
    paid = at + draw.between(5 * SECOND, MINUTE)
    return released, instalment(draw, person, merchant, paid, amount, "face")


def login(draw: Draw, person: Person, at: int, **more: str | int | bool) -> Act:
    """A login on the phone in use, where the user is; `more` are fields that differ."""
    fields: Fields = {
        "city": person.city,
        "channel": "app",
        "new_device": False,
        "method": draw.pick(("password", "fingerprint", "face", "sms")),
    }
    return Act(at, person, "login", fields | more)


def face(person: Person, at: int, *, purpose: str, result: str = "passed") -> Act:
    """A face held before the camera."""
    return Act(at, person, "face_verification", {"channel": "app", "result": result, "purpose": purpose})


def account_act(person: Person, kind: str, at: int) -> Act:
    """An event of the account that needs no fields of its own, such as `device_bound`."""
    return Act(at, person, kind, {"channel": "app"})


def other_city(person: Person) -> str:
    """A city that is not the user's, and is the same for as long as the user stays in this one."""
    distance = 1 + person.index % (len(CITIES) - 1)
    return CITIES[(CITIES.index(person.city) + distance) % len(CITIES)]
