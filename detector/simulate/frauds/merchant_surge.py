"""Merchant out of its normal range: it debits users without a password, one after the other, as it never did.

Each event of the fraud has the role `debit`; the merchant's own business of the day before is normal life.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.daytime import within_a_day_after
from detector.simulate.label import Mark
from detector.simulate.paces import moments
from detector.simulate.people import Merchant
from detector.simulate.scene import Scene
from detector.simulate.spans import DAY, HOUR, SECOND
from detector.simulate.spending import no_password_fields
from detector.simulate.story import Act

_GAPS = {
    "plain": (1 * SECOND, 8 * SECOND),
    "slow": (8 * SECOND, 45 * SECOND),
    "fast": (50, 500),
}
# No-password debits of its own customers in the day before: who has no business is noticed for other reasons.
_OWN_BUSINESS = (30, 150)
_USUAL_AMOUNT = (500, 9_900)
_AMOUNTS = ((900, 5_000), (5_000, 9_990), (10_000, 30_000))


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    merchant = scene.people.merchants[case.merchant]
    amounts = draw.pick(_AMOUNTS)
    usual = [within_a_day_after(case.begin, draw.fraction()) for _ in range(draw.between(*_OWN_BUSINESS))]
    times = moments(case.begin + DAY, draw.between(80, 250), _GAPS[case.pace], draw)
    return [
        *(_debit(at, merchant, draw.mostly_small(*_USUAL_AMOUNT), None, scene) for at in usual),
        *(_debit(at, merchant, draw.between(*amounts), case.mark("debit"), scene) for at in times),
    ]


def _debit(at: int, merchant: Merchant, amount: int, mark: Mark | None, scene: Scene) -> Act:
    person = scene.people.anyone()
    fields = no_password_fields(person, merchant, amount) | {"channel": "app"}
    return Act(at, person, "debit", fields, mark)


MERCHANT_SURGE = Kind("merchant-surge", _story, longest=DAY + 4 * HOUR, has_a_merchant=True)
