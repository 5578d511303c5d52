"""A fraud of the scenario set: what is done, how, when and to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from detector.simulate.label import Mark
from detector.simulate.scene import Scene
from detector.simulate.story import Act

Pace = Literal["plain", "slow", "fast"]
Variant = Literal["plain", "slow", "fast", "interleaved", "retries", "late"]

VARIANTS: tuple[Variant, ...] = ("plain", "slow", "fast", "interleaved", "retries", "late")
"""How a fraud is done.

`plain` is how it is usually done. `slow` is stretched, `fast` hurried. In `interleaved` the normal life of
those whom it touches goes on between its acts, in `retries` attempts fail and senders send events again, in
`late` events arrive late and out of order; in these three its pace is plain.
"""


_PACES: dict[Variant, Pace] = {"slow": "slow", "fast": "fast"}


class Case(NamedTuple):
    """One fraud that begins at an event time; `user` and `merchant` are the numbers of those it is about.

    Where the kind is not about one merchant, `merchant` is 0 and means nothing.
    """

    fraud_id: str
    kind: str
    variant: Variant
    begin: int
    user: int
    merchant: int

    @property
    def pace(self) -> Pace:
        """How fast it goes."""
        return _PACES.get(self.variant, "plain")

    def mark(self, role: str) -> Mark:
        """The mark of an act with a role in this fraud."""
        return Mark(self.fraud_id, self.kind, role, self.variant)


class Kind(NamedTuple):
    """A kind of fraud.

    Attributes:
        name: as in the labels.
        story: what happens in a case, each act of the fraud marked.
        longest: how much event time a case may take at most, in milliseconds, at the slowest pace.
        hours: the first and the last hour of the day, in China, in which it begins.
        has_a_merchant: whether it is about one merchant, which then is in no other fraud.
    """

    name: str
    story: Callable[[Case, Scene], list[Act]]
    longest: int
    hours: tuple[int, int] = (0, 23)
    has_a_merchant: bool = False
