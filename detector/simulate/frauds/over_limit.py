"""Over the limit: a merchant debits more without a password than its risk tier allows.

A single debit is too large, or several in a day come to too much. Each event has the role `debit`.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.event import Fields
from detector.simulate.paces import moments
from detector.simulate.people import Person
from detector.simulate.scene import Scene
from detector.simulate.spans import DAY, HOUR, MINUTE, SECOND
from detector.simulate.spending import no_password_fields
from detector.simulate.story import Act

# Fen a tier allows in a single debit, and in a day: the tiers of the platform are what makes this a fraud.
_SINGLE = {"A": 100_000, "B": 50_000, "C": 10_000}
_DAILY = {"A": 300_000, "B": 100_000, "C": 30_000}
_GAPS = {
    "plain": (2 * MINUTE, 60 * MINUTE),
    "slow": (3 * HOUR, 9 * HOUR),
    "fast": (1 * SECOND, 20 * SECOND),
}
# Not every sender knows the tier of a merchant.
_TIER_UNKNOWN = 0.1


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    person = scene.people.person(case.user)
    merchant = scene.people.merchants[case.merchant]
    amounts = _too_large(merchant.tier, scene) if draw.chance(0.5) else _too_much(merchant.tier, scene)
    knows_tier = not draw.chance(_TIER_UNKNOWN)
    acts = []
    for at, amount in zip(moments(case.begin, len(amounts), _GAPS[case.pace], draw), amounts, strict=True):
        fields = no_password_fields(person, merchant, amount)
        acts.append(_debit(case, at, person, fields, knows_tier=knows_tier))
    return acts


def _too_large(tier: str, scene: Scene) -> list[int]:
    single = _SINGLE[tier]
    return [
        scene.draw.mostly_small(single + single // 10, 10 * single) for _ in range(scene.draw.between(1, 3))
    ]


def _too_much(tier: str, scene: Scene) -> list[int]:
    amounts: list[int] = []
    wanted = _DAILY[tier] * scene.draw.between(12, 30) // 10
    while sum(amounts) < wanted:
        amounts.append(_SINGLE[tier] * scene.draw.between(50, 99) // 100)
    return amounts


def _debit(case: Case, at: int, person: Person, fields: Fields, *, knows_tier: bool) -> Act:
    if not knows_tier:
        del fields["merchant_tier"]
    return Act(at, person, "debit", fields | {"channel": "app"}, case.mark("debit"))


OVER_LIMIT = Kind("over-limit", _story, longest=9 * DAY, has_a_merchant=True)
