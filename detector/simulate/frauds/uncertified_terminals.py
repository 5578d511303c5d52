"""Uncertified terminals: a merchant takes payments with terminals that no one has certified.

Each event has the role `debit`.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.paces import moments
from detector.simulate.people import Merchant
from detector.simulate.scene import Scene
from detector.simulate.spans import DAY, HOUR, MINUTE, SECOND
from detector.simulate.spending import debit_fields
from detector.simulate.story import Act

_GAPS = {
    "plain": (3 * MINUTE, 60 * MINUTE),
    "slow": (3 * HOUR, 14 * HOUR),
    "fast": (10 * SECOND, 60 * SECOND),
}
# Not every sender knows whether a terminal is certified.
_UNKNOWN = 0.1


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    merchant = scene.people.merchants[case.merchant]
    terminals = [f"{merchant.terminal_id}{number}" for number in range(draw.between(1, 4))]
    times = moments(case.begin, draw.between(6, 40), _GAPS[case.pace], draw)
    return [_payment(at, merchant, draw.pick(terminals), case, scene) for at in times]


def _payment(at: int, merchant: Merchant, terminal_id: str, case: Case, scene: Scene) -> Act:
    draw = scene.draw
    auth_method = draw.pick(("password", "password", "fingerprint", "face"))
    fields = debit_fields(merchant, draw.mostly_small(1_000, 500_000), auth_method)
    fields |= {"channel": "pos", "terminal_id": terminal_id}
    if not draw.chance(_UNKNOWN):
        fields["terminal_certified"] = False
    return Act(at, scene.people.anyone(), "debit", fields, case.mark("debit"))


UNCERTIFIED_TERMINALS = Kind(
    "uncertified-terminals", _story, longest=24 * DAY, hours=(9, 15), has_a_merchant=True
)
