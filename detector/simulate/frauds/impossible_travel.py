"""Impossible travel: someone else logs in far from where the user is, and then moves money.

The roles are `login`, the thief's, and `money`; the user's logins in between are the user's own life.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.event import Fields
from detector.simulate.paces import moments
from detector.simulate.people import Person
from detector.simulate.scene import Scene
from detector.simulate.spans import HOUR, MINUTE, SECOND
from detector.simulate.story import Act
from detector.simulate.thief import own_phone, transfer_fields

# Between logins here and there: the fastest way between most of the cities takes three hours.
_GAPS = {
    "plain": (4 * MINUTE, 50 * MINUTE),
    "slow": (40 * MINUTE, 150 * MINUTE),
    "fast": (10 * SECOND, 2 * MINUTE),
}
# An hour by train from each other.
_NEIGHBOURS = ({"Shanghai", "Hangzhou", "Nanjing"}, {"Guangzhou", "Shenzhen"}, {"Chengdu", "Chongqing"})
_ABROAD = ({"city": "Phnom Penh", "country": "KH"}, {"city": "Bangkok", "country": "TH"})


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    person = scene.people.person(case.user)
    phone = _far_away(person, scene)
    acts = []
    for number, at in enumerate(moments(case.begin, draw.between(2, 4), _GAPS[case.pace], draw)):
        acts.append(_theirs(at, person, phone, case) if number % 2 else _own(at, person, scene))
    transfers = moments(acts[-1].at + MINUTE, draw.between(1, 3), _GAPS[case.pace], draw)
    return [*acts, *(_transfer(at, person, phone, case, scene) for at in transfers)]


def _far_away(person: Person, scene: Scene) -> Fields:
    phone = own_phone(scene.draw, person)
    if scene.draw.chance(0.3):
        return phone | scene.draw.pick(_ABROAD)
    while any({person.city, phone["city"]} <= region for region in _NEIGHBOURS):
        phone = own_phone(scene.draw, person)
    return phone


def _own(at: int, person: Person, scene: Scene) -> Act:
    fields: Fields = {"city": person.city, "channel": "app", "new_device": False}
    return Act(at, person, "login", fields | {"method": scene.draw.pick(("password", "fingerprint", "face"))})


def _theirs(at: int, person: Person, phone: Fields, case: Case) -> Act:
    fields: Fields = {"channel": "app", "new_device": True, "method": "password"}
    return Act(at, person, "login", fields | phone, case.mark("login"))


def _transfer(at: int, person: Person, phone: Fields, case: Case, scene: Scene) -> Act:
    amount = scene.draw.mostly_small(50_000, 5_000_000)
    fields = transfer_fields(scene.draw, person.main_card, amount, "password")
    return Act(at, person, "transfer", fields | phone, case.mark("money"))


IMPOSSIBLE_TRAVEL = Kind("impossible-travel", _story, longest=16 * HOUR, hours=(7, 23))
