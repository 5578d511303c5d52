"""Complaint spike: those whom a merchant has cheated complain, one after the other.

The roles are `payment`, `complaint` and, days later, `outcome`.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.complaining import complained
from detector.simulate.draw import Draw
from detector.simulate.paces import moments
from detector.simulate.people import Merchant, Person
from detector.simulate.scene import Scene
from detector.simulate.spans import DAY, HOUR, MINUTE
from detector.simulate.spending import debit_fields
from detector.simulate.story import Act

_GAPS = {
    "plain": (5 * MINUTE, 90 * MINUTE),
    "slow": (3 * HOUR, 12 * HOUR),
    "fast": (20_000, 3 * MINUTE),
}
_PAID_BEFORE = (2 * HOUR, 2 * DAY)
_DECIDED_AFTER = (DAY, 7 * DAY)
_OUTCOMES = ("upheld", "upheld", "upheld", "withdrawn")


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    merchant = scene.people.merchants[case.merchant]
    # The first of them pays when the case begins.
    times = moments(case.begin + _PAID_BEFORE[1], draw.between(10, 35), _GAPS[case.pace], draw)
    return [act for at in times for act in _cheated(at, scene.people.anyone(), merchant, case, draw)]


def _cheated(at: int, person: Person, merchant: Merchant, case: Case, draw: Draw) -> list[Act]:
    fields = debit_fields(merchant, draw.mostly_small(2_000, 300_000), "password")
    fields |= {"channel": "app", "card_id": person.main_card}
    paid = Act(at - draw.between(*_PAID_BEFORE), person, "debit", fields, case.mark("payment"))
    decided = at + draw.between(*_DECIDED_AFTER)
    return [paid, *complained(case, person, merchant, at, decided, draw.pick(_OUTCOMES))]


COMPLAINT_SPIKE = Kind("complaint-spike", _story, longest=27 * DAY, hours=(8, 20), has_a_merchant=True)
