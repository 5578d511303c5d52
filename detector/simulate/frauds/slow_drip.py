"""Slow drip: many small no-password debits at one merchant over a day, none of which is noticed.

Each event has the role `debit`.
"""

from __future__ import annotations

from detector.simulate.case import Case, Kind
from detector.simulate.paces import moments
from detector.simulate.scene import Scene
from detector.simulate.spans import DAY, HOUR, MINUTE
from detector.simulate.story import Act
from detector.simulate.thief import no_password_debits

# Fen: what top-ups of games and video memberships cost.
_AMOUNTS = (600, 9_900)
_GAPS = {
    "plain": (20 * MINUTE, 75 * MINUTE),
    "slow": (2 * HOUR, 6 * HOUR),
    "fast": (3 * MINUTE, 10 * MINUTE),
}


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    times = moments(case.begin, draw.between(12, 30), _GAPS[case.pace], draw)
    return no_password_debits(case, scene, times, [scene.people.merchant()], _AMOUNTS, {})


SLOW_DRIP = Kind("slow-drip", _story, longest=8 * DAY)
