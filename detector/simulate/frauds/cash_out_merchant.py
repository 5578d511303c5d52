"""Cash-out merchant: users whom agents have recruited turn instalment credit into cash at one merchant.

The roles are `face` and `instalment`.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.instalments import face_and_instalment
from detector.simulate.paces import moments
from detector.simulate.scene import Scene
from detector.simulate.spans import DAY, MINUTE, SECOND
from detector.simulate.story import Act

_GAPS = {
    "plain": (15 * SECOND, 2 * MINUTE),
    "slow": (4 * MINUTE, 15 * MINUTE),
    "fast": (2 * SECOND, 10 * SECOND),
}


def _story(case: Case, scene: Scene) -> list[Act]:
    merchant = scene.people.merchants[case.merchant]
    times = moments(case.begin, scene.draw.between(30, 90), _GAPS[case.pace], scene.draw)
    return [
        act for at in times for act in face_and_instalment(case, scene, at, scene.people.anyone(), merchant)
    ]


CASH_OUT_MERCHANT = Kind("cash-out-merchant", _story, longest=DAY, hours=(9, 17), has_a_merchant=True)
