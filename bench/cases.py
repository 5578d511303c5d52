"""The cases of the matrix: a base case, and each of its factors at other values while the rest stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from bench.event_sizes import EventSize

SKEW = 1.0
"""The exponent of Zipf's law where keys are hot."""
_USERS = (10_000, 100_000, 1_000_000)


class Factor(StrEnum):
    """What cases differ in; each is the name of a field of Case."""

    USERS = "users"
    RULES = "rules"
    SIZE = "size"
    SKEW = "skew"
    WORKERS = "workers"


class Load(NamedTuple):
    """The events of a case: whose, how long, and by which exponent their keys are hot."""

    users: int
    size: EventSize
    skew: float | None


@dataclass(frozen=True)
class Case:
    """One case.

    `rules` names a set of rules; `skew` is the exponent by which keys are hot, None where all are alike.
    """

    users: int
    rules: str = "catalogue"
    size: EventSize = EventSize.USUAL
    skew: float | None = None
    workers: int = 1

    @property
    def load(self) -> Load:
        """The events that it needs; cases that differ in other things read the same."""
        return Load(self.users, self.size, self.skew)


def all_cases(users: int) -> list[Case]:
    """The base case, of so many users, and then the others."""
    base = Case(users)
    return [
        base,
        *(replace(base, users=number) for number in _USERS if number != users),
        *(replace(base, rules=name) for name in ("few", "many")),
        *(replace(base, size=size) for size in (EventSize.SMALL, EventSize.LARGE)),
        replace(base, skew=SKEW),
        replace(base, workers=2),
    ]


def differs_only_in(factor: Factor, case: Case, base: Case) -> bool:
    """Whether a case is the base case but for the factor, or the base case itself."""
    return replace(case, **{str(factor): getattr(base, factor)}) == base
