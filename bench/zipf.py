"""Keys of which few are hot: users and merchants drawn by Zipf's law, where the simulator draws evenly."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from random import Random

from detector.simulate.event import Fields

_OF_USER = ("user_id", "device_id", "card_id")
_OF_MERCHANT = ("merchant_id", "terminal_id")
_USERS_PER_MERCHANT = 20
"""As the simulator has them."""


class Zipf:
    """Draws numbers below `size`; that of rank r comes in proportion to 1 / r ** exponent."""

    def __init__(self, size: int, exponent: float, random: Random) -> None:
        self._bounds = list(accumulate(rank**-exponent for rank in range(1, size + 1)))
        self._random = random

    def draw(self) -> int:
        """The next number; 0 comes most often."""
        return bisect(self._bounds, self._random.random() * self._bounds[-1])


class HotKeys:
    """Gives events to other users and merchants, few of whom get most of them."""

    def __init__(self, users: int, exponent: float, random: Random) -> None:
        self._users = Zipf(users, exponent, random)
        self._merchants = Zipf(max(1, users // _USERS_PER_MERCHANT), exponent, random)

    def take(self, event: Fields) -> Fields:
        """The same event of a user, and with a merchant where it has one, that are drawn anew."""
        changed = _renumbered(event, _OF_USER, f"{self._users.draw():06d}")
        return _renumbered(changed, _OF_MERCHANT, f"{self._merchants.draw():05d}")


def _renumbered(event: Fields, names: tuple[str, ...], number: str) -> Fields:
    """The event with another number in those ids; the first of them is a letter and the number alone."""
    if names[0] not in event:
        return event
    old = str(event[names[0]])[1:]
    ids = {name: str(event[name]).replace(old, number) for name in names if name in event}
    return {**event, **ids}
