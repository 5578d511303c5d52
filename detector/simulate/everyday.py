"""Normal life in the scenario set: nothing but its being normal keeps it from looking like a fraud."""

from __future__ import annotations

from detector.simulate import account, spending
from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.life import Habit
from detector.simulate.people import HAUNTS, Merchant, People, Person
from detector.simulate.spans import DAY, MINUTE, SECOND
from detector.simulate.story import Act

# Fen, by the merchant's tier: breakfast and vending, rides and groceries, supermarkets and bills.
_NO_PASSWORD_AMOUNT = {"C": (200, 5_000), "B": (800, 15_000), "A": (500, 40_000)}
# Fen a user lets be debited at once without a password: the lowest cap that platforms offer; few raise it.
_LOWEST_CAP = 20_000
_RAISED_CAP = 100_000
_RAISED_BY_ONE_IN = 10
# From a phone case to a new phone.
_INSTALMENT_AMOUNT = (50_000, 800_000)


def no_password_debit(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A debit under a standing agreement, mostly at a merchant where the user often goes.

    Above the cap that the user has set the platform asks for the password.
    """
    haunts = 2 if draw.chance(0.6) else HAUNTS
    merchant = people.haunt(person, draw.between(0, haunts - 1))
    amount = draw.mostly_small(*_NO_PASSWORD_AMOUNT[merchant.tier])
    fields = (
        spending.no_password_fields(person, merchant, amount)
        if amount <= _cap(person)
        else spending.debit_fields(merchant, amount, "password")
    )
    spending.add_place(fields, merchant, draw)
    return [Act(now, person, "debit", fields)]


def instalment(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A purchase on credit, released by a password."""
    return [Act(now, person, "instalment", _instalment_fields(draw, people.merchant(), "password"))]


def instalment_by_face(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A purchase on credit, released by a face verification."""
    face: Fields = {"channel": "app", "result": "passed", "purpose": "instalment"}
    bought = now + draw.between(5 * SECOND, MINUTE)
    return [
        Act(now, person, "face_verification", face),
        Act(bought, person, "instalment", _instalment_fields(draw, people.merchant(), "face")),
    ]


def complaint(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A complaint about a merchant, decided within a week."""
    merchant = people.merchant()
    fields: Fields = {"complaint_id": f"q{person.index:06d}-{now}", "merchant_id": merchant.merchant_id}
    outcome = draw.pick(("upheld", "upheld", "rejected", "withdrawn"))
    return [
        Act(now, person, "complaint", fields | {"status": "opened"}),
        Act(now + draw.between(DAY, 7 * DAY), person, "complaint", fields | {"status": outcome}),
    ]


def credit_limit(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """More credit for purchases by instalment."""
    return [Act(now, person, "credit_limit_raised", {"new_limit": 100_000 * draw.between(10, 50)})]


def _cap(person: Person) -> int:
    # The elderly and children do not go into such settings.
    raised = person.tier == "standard" and person.index % _RAISED_BY_ONE_IN == 0
    return _RAISED_CAP if raised else _LOWEST_CAP


def _instalment_fields(draw: Draw, merchant: Merchant, auth_method: str) -> Fields:
    fields = spending.instalment_fields(draw, merchant, auth_method)
    return fields | {"amount": draw.mostly_small(*_INSTALMENT_AMOUNT)}


EVERYDAY = (
    Habit(54, "debit", 0, spending.debit),
    Habit(22, "no_password_debit", 0, no_password_debit),
    Habit(7, "transfer", 0, spending.transfer),
    Habit(1, "refund", 0, spending.refund),
    Habit(0.4, "instalment", 0, instalment),
    Habit(0.4, "instalment", 0, instalment_by_face),
    Habit(0.1, "complaint", 0, complaint),
    Habit(13, "login", 0, account.login),
    Habit(1.5, "face_verification", 0, account.face_verification),
    Habit(0.3, "agreement", 0, account.agreement),
    Habit(0.1, "credit_limit", 30 * DAY, credit_limit),
    Habit(0.1, "password_reset", 0, account.password_reset),
    Habit(0.03, "sms_sync", 30 * DAY, account.sms_sync),
    Habit(0.06, "phone", 30 * DAY, account.new_phone),
    Habit(0.005, "phone", 30 * DAY, account.lost_phone),
)
