"""An evening of a game or of a live stream: top-ups and tips, small and many."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import agreed_debit
from detector.simulate.people import People, Person
from detector.simulate.spans import HOUR, MINUTE, SECOND
from detector.simulate.story import Act

_GAMES = range(70, 80)
_PRICES = (100, 600, 600, 1_200, 3_000, 6_800)


def evening(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """Some top-ups within an hour or two, at times one upon the other."""
    game = people.operator(draw.pick(_GAMES))
    at = midnight + draw.between(18 * HOUR, 23 * HOUR)
    acts = []
    for _ in range(draw.mostly_small(1, 20)):
        acts.append(agreed_debit(person, game, at, draw.pick(_PRICES)))
        at += draw.mostly_small(20 * SECOND, 30 * MINUTE)
    return acts
