"""No-password debit burst: whoever holds the phone or the account repeats debits just under the cap.

Each event has the role `debit`.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.paces import moments
from detector.simulate.scene import Scene
from detector.simulate.spans import HOUR, MINUTE, SECOND
from detector.simulate.spending import no_password_fields
from detector.simulate.story import Act

# Fen: just under a cap of 1,000 yuan or of 100 yuan, or top-ups and gift cards, which sell again at once.
_AMOUNTS = ((90_000, 99_900), (8_000, 9_990), (3_000, 50_000))
_GAPS = {
    "plain": (15 * SECOND, 2 * MINUTE),
    "slow": (3 * MINUTE, 20 * MINUTE),
    "fast": (1 * SECOND, 8 * SECOND),
}


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    person = scene.people.person(case.user)
    merchants = [scene.people.merchant() for _ in range(draw.between(1, 3))]
    amounts = draw.pick(_AMOUNTS)
    return [
        Act(
            at,
            person,
            "debit",
            no_password_fields(person, draw.pick(merchants), draw.between(*amounts)) | {"channel": "app"},
            case.mark("debit"),
        )
        for at in moments(case.begin, draw.between(5, 30), _GAPS[case.pace], draw)
    ]


NO_PASSWORD_BURST = Kind("no-password-burst", _story, longest=11 * HOUR)
