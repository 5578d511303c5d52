"""New device or place, then no-password debits on it.

The roles are `login` and `debit`.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.event import Fields
from detector.simulate.paces import moments
from detector.simulate.scene import Scene
from detector.simulate.spans import HOUR, MINUTE, SECOND
from detector.simulate.story import Act
from detector.simulate.thief import no_password_debits, own_phone

_GAPS = {
    "plain": (1 * MINUTE, 12 * MINUTE),
    "slow": (15 * MINUTE, 90 * MINUTE),
    "fast": (3 * SECOND, 15 * SECOND),
}
_AMOUNTS = ((2_000, 9_900), (10_000, 90_000))


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    person = scene.people.person(case.user)
    phone = own_phone(draw, person)
    method = draw.pick(("password", "sms"))
    login: Fields = {"channel": "app", "new_device": True, "method": method}
    begin, *times = moments(case.begin, draw.between(3, 11), _GAPS[case.pace], draw)
    merchants = [scene.people.haunt(person, number) for number in range(draw.between(1, 3))]
    return [
        Act(begin, person, "login", login | phone, case.mark("login")),
        *no_password_debits(case, scene, times, merchants, draw.pick(_AMOUNTS), phone),
    ]


NEW_DEVICE_DEBITS = Kind("new-device-debits", _story, longest=16 * HOUR)
