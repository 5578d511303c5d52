"""No-password debit burst: whoever holds the phone or the account repeats debits just under the cap.

Each event has the role `debit`.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.paces import moments
from detector.simulate.scene import Scene
from detector.simulate.spans import HOUR, MINUTE, SECOND
from detector.simulate.story import Act
from detector.simulate.thief import no_password_debits, own_phone

# Fen: just under a cap of 1,000 yuan or of 100 yuan, or top-ups and gift cards, which sell again at once.
_AMOUNTS = ((90_000, 99_900), (8_000, 9_990), (3_000, 50_000))
_GAPS = {
    "plain": (10 * SECOND, 100 * SECOND),
    "slow": (3 * MINUTE, 20 * MINUTE),
    "fast": (1 * SECOND, 8 * SECOND),
}


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    times = moments(case.begin, draw.between(5, 30), _GAPS[case.pace], draw)
    merchants = [scene.people.merchant() for _ in range(draw.between(1, 3))]
    phone = own_phone(draw, scene.people.person(case.user)) if draw.chance(0.5) else {}
    return no_password_debits(case, scene, times, merchants, draw.pick(_AMOUNTS), phone)


NO_PASSWORD_BURST = Kind("no-password-burst", _story, longest=10 * HOUR)
