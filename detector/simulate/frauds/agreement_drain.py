"""Agreement switched on, then drained: without explicit consent, or from a phone that is not the user's.

The roles are `activation` and `debit`.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.event import Fields
from detector.simulate.paces import moments
from detector.simulate.scene import Scene
from detector.simulate.spans import HOUR, MINUTE, SECOND
from detector.simulate.spending import agreement_id
from detector.simulate.story import Act
from detector.simulate.thief import no_password_debits, own_phone

_GAPS = {
    "plain": (30 * SECOND, 8 * MINUTE),
    "slow": (10 * MINUTE, 60 * MINUTE),
    "fast": (2 * SECOND, 10 * SECOND),
}
# Fen: under what is noticed at once, or just under the cap of a single debit.
_AMOUNTS = ((1_000, 9_900), (9_000, 50_000), (90_000, 99_900))


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    person = scene.people.person(case.user)
    merchant = scene.people.merchant()
    strange = draw.chance(0.4)
    phone = own_phone(draw, person) if strange else {}
    agreed: Fields = {
        "channel": "app",
        "agreement_id": agreement_id(person, merchant),
        "merchant_id": merchant.merchant_id,
        "consent": "explicit" if strange else "default",
        "new_device": strange,
    }
    begin, *times = moments(case.begin, draw.between(4, 13), _GAPS[case.pace], draw)
    return [
        Act(begin, person, "agreement_activated", agreed | phone, case.mark("activation")),
        *no_password_debits(case, scene, times, [merchant], draw.pick(_AMOUNTS), phone),
    ]


AGREEMENT_DRAIN = Kind("agreement-drain", _story, longest=13 * HOUR)
