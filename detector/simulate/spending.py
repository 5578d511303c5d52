"""How users spend money when nothing is wrong."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.people import Merchant, People, Person
from detector.simulate.spans import HOUR, MINUTE
from detector.simulate.story import Act

# All small enough that four a day at a merchant stay below the strictest limit of no-password debits.
_NO_PASSWORD_AMOUNT = (200, 7_000)
_DEBIT_AMOUNT = (500, 80_000)
_AUTH_METHODS = ("password", "password", "password", "face", "fingerprint", "fingerprint", "otp")
_CHANNELS = ("app", "app", "web", "mini_program")
_AT_A_TERMINAL = 0.2
# Four a day at most about one merchant, with those that are decided a day later: no spike.
_COMPLAINT_REST = 8 * HOUR


def debit(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A purchase that the user authorises, online or at a terminal."""
    merchant = people.merchant()
    auth_method = draw.pick(_AUTH_METHODS)
    second = auth_method != "otp" and draw.chance(0.25)
    fields = debit_fields(merchant, draw.mostly_small(*_DEBIT_AMOUNT), auth_method)
    fields["card_id"] = person.second_card if second else person.main_card
    add_place(fields, merchant, draw)
    return [Act(now, person, "debit", fields)]


def no_password_debit(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A ride, a breakfast or the like, debited under a standing agreement."""
    merchant = people.next_haunt(person)
    fields = no_password_fields(person, merchant, draw.between(*_NO_PASSWORD_AMOUNT))
    add_place(fields, merchant, draw)
    return [Act(now, person, "debit", fields)]


def transfer(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """Money sent to another user."""
    fields: Fields = {
        "channel": "app",
        "amount": draw.mostly_small(1_000, 500_000),
        "currency": "CNY",
        "payee_id": people.anyone().user_id,
        "auth_method": draw.pick(("password", "fingerprint", "face")),
        "card_id": person.main_card,
    }
    return [Act(now, person, "transfer", fields)]


def refund(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """The last authorised debit comes back; another debit where there is none to come back."""
    paid = person.refundable
    if paid is None:
        return debit(draw, people, person, now)
    person.refundable = None
    return [Act(now, person, "refund", paid)]


def instalment(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A purchase on credit with a password."""
    return [Act(now, person, "instalment", instalment_fields(draw, people.merchant(), "password"))]


def complaint(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A complaint about a merchant, decided within two hours; a debit where it had one lately."""
    merchant = people.merchant()
    if now < merchant.content_until:
        return debit(draw, people, person, now)
    merchant.content_until = now + _COMPLAINT_REST
    fields: Fields = {"complaint_id": f"q{person.index:06d}-{now}", "merchant_id": merchant.merchant_id}
    outcome = draw.pick(("upheld", "upheld", "rejected", "withdrawn"))
    return [
        Act(now, person, "complaint", fields | {"status": "opened"}),
        Act(now + draw.between(20 * MINUTE, 120 * MINUTE), person, "complaint", fields | {"status": outcome}),
    ]


def debit_fields(merchant: Merchant, amount: int, auth_method: str) -> Fields:
    """What every debit carries; `amount` in fen."""
    return {
        "amount": amount,
        "currency": "CNY",
        "merchant_id": merchant.merchant_id,
        "auth_method": auth_method,
    }


def no_password_fields(person: Person, merchant: Merchant, amount: int) -> Fields:
    """What a no-password debit carries: the agreement behind it, and the tier that limits it."""
    agreed: Fields = {"agreement_id": agreement_id(person, merchant), "merchant_tier": merchant.tier}
    return debit_fields(merchant, amount, "none") | agreed


def instalment_fields(draw: Draw, merchant: Merchant, auth_method: str) -> Fields:
    """A purchase of 1,000 to 4,500 yuan on credit: two a day stay below the limit of the rule on cash-out."""
    return {
        "channel": "app",
        "amount": draw.between(100_000, 450_000),
        "currency": "CNY",
        "merchant_id": merchant.merchant_id,
        "auth_method": auth_method,
        "instalments": draw.pick((3, 6, 12, 24)),
    }


def agreement_id(person: Person, merchant: Merchant) -> str:
    """The standing agreement of a user with a merchant."""
    return f"a{person.index:06d}-{merchant.merchant_id}"


def add_place(fields: Fields, merchant: Merchant, draw: Draw) -> None:
    """Says of a debit where it is made: at the merchant's terminal or online."""
    if draw.chance(_AT_A_TERMINAL):
        fields["channel"] = "pos"
        fields["terminal_id"] = merchant.terminal_id
        fields["terminal_certified"] = True
    else:
        fields["channel"] = draw.pick(_CHANNELS)
