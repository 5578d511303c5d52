"""Lost phone: whoever found or stole it pays with it, before and after it is reported.

The roles are `debit` and `report`; the report is the victim's own.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.event import Fields
from detector.simulate.paces import moments
from detector.simulate.scene import Scene
from detector.simulate.spans import DAY, HOUR, MINUTE, SECOND
from detector.simulate.spending import debit_fields
from detector.simulate.story import Act
from detector.simulate.thief import no_password_debits

_GAPS = {
    "plain": (5 * MINUTE, 2 * HOUR),
    "slow": (6 * HOUR, 30 * HOUR),
    "fast": (5 * SECOND, 1 * MINUTE),
}
_NOTICED_AFTER = (10 * MINUTE, 3 * HOUR)
_AMOUNTS = (1_000, 90_000)
# The SIM in the phone receives the one-time codes of its cards.
_BY_CODE = 0.2


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    person = scene.people.person(case.user)
    phone: Fields = {"device_id": person.device_id}
    person.change_phone()
    reported = case.begin + draw.between(*_NOTICED_AFTER)
    before = sorted(draw.between(case.begin, reported - 1) for _ in range(draw.between(0, 3)))
    _, *after = moments(reported, draw.between(2, 9), _GAPS[case.pace], draw)
    report = Act(reported, person, "device_reported_lost", phone | {"channel": "web"}, case.mark("report"))
    merchants = [scene.people.haunt(person, number) for number in range(draw.between(1, 4))]
    debits = no_password_debits(case, scene, [*before, *after], merchants, _AMOUNTS, phone)
    return [report, *(_by_code(act, scene) if draw.chance(_BY_CODE) else act for act in debits)]


def _by_code(act: Act, scene: Scene) -> Act:
    fields = debit_fields(scene.people.merchant(), int(act.fields["amount"]), "otp")
    used: Fields = {"card_id": act.person.main_card, "device_id": act.fields["device_id"], "channel": "app"}
    return act._replace(fields=fields | used)


LOST_PHONE = Kind("lost-phone", _story, longest=12 * DAY, hours=(8, 22))
