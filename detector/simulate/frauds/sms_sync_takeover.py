"""Account takeover by SMS sync: one-time codes are read in the cloud, and card after card is charged.

The roles are `login`, `sync` and `money`.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.event import Fields
from detector.simulate.paces import moments
from detector.simulate.people import Person
from detector.simulate.scene import Scene
from detector.simulate.spans import DAY, HOUR, MINUTE, SECOND
from detector.simulate.spending import debit_fields
from detector.simulate.story import Act
from detector.simulate.thief import own_phone, transfer_fields

_UNTIL_SYNC = {
    "plain": (1 * MINUTE, 20 * MINUTE),
    "slow": (1 * HOUR, 12 * HOUR),
    "fast": (10 * SECOND, 1 * MINUTE),
}
_GAPS = {
    "plain": (1 * MINUTE, 15 * MINUTE),
    "slow": (20 * MINUTE, 4 * HOUR),
    "fast": (10 * SECOND, 40 * SECOND),
}


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    person = scene.people.person(case.user)
    phone = own_phone(draw, person)
    login: Fields = {"channel": "app", "new_device": True, "method": "sms"}
    sync = case.begin + draw.between(*_UNTIL_SYNC[case.pace])
    cards = [card for card in _cards(person, draw.between(2, 5)) for _ in range(draw.between(1, 3))]
    _, *times = moments(sync, len(cards) + 1, _GAPS[case.pace], draw)
    return [
        Act(case.begin, person, "login", login | phone, case.mark("login")),
        Act(sync, person, "sms_sync_enabled", phone | {"channel": "app"}, case.mark("sync")),
        *(_payment(at, card, person, case, scene, phone) for at, card in zip(times, cards, strict=True)),
    ]


def _cards(person: Person, count: int) -> list[str]:
    return [f"c{person.index:06d}-{number + 1}" for number in range(count)]


def _payment(at: int, card: str, person: Person, case: Case, scene: Scene, phone: Fields) -> Act:
    draw = scene.draw
    amount = draw.mostly_small(20_000, 2_000_000)
    if draw.chance(0.3):
        fields = transfer_fields(draw, card, amount, "otp")
        return Act(at, person, "transfer", fields | phone, case.mark("money"))
    fields = debit_fields(scene.people.merchant(), amount, "otp") | {"card_id": card, "channel": "app"}
    return Act(at, person, "debit", fields | phone, case.mark("money"))


# At night, when no one reads the messages.
SMS_SYNC_TAKEOVER = Kind("sms-sync-takeover", _story, longest=3 * DAY, hours=(0, 5))
