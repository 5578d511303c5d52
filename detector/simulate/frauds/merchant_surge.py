"""Merchant out of its normal range: it debits users without a password, one after the other, as it never did.

Each event has the role `debit`.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.paces import moments
from detector.simulate.people import Merchant
from detector.simulate.scene import Scene
from detector.simulate.spans import HOUR, SECOND
from detector.simulate.spending import no_password_fields
from detector.simulate.story import Act

_GAPS = {
    "plain": (1 * SECOND, 8 * SECOND),
    "slow": (8 * SECOND, 45 * SECOND),
    "fast": (50, 500),
}
_AMOUNTS = ((900, 5_000), (5_000, 9_990), (10_000, 30_000))


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    merchant = scene.people.merchants[case.merchant]
    amounts = draw.pick(_AMOUNTS)
    times = moments(case.begin, draw.between(80, 250), _GAPS[case.pace], draw)
    return [_debit(at, merchant, draw.between(*amounts), case, scene) for at in times]


def _debit(at: int, merchant: Merchant, amount: int, case: Case, scene: Scene) -> Act:
    person = scene.people.anyone()
    fields = no_password_fields(person, merchant, amount) | {"channel": "app"}
    return Act(at, person, "debit", fields, case.mark("debit"))


MERCHANT_SURGE = Kind("merchant-surge", _story, longest=4 * HOUR)
