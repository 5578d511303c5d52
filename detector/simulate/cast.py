"""Who plays which part in the scenario set."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import NamedTuple

from detector.simulate.case import Case, Kind
from detector.simulate.daytime import since_utc_midnight
from detector.simulate.draw import Draw
from detector.simulate.lookalikes import LOOK_ALIKES, LookAlike
from detector.simulate.scenario_set import ScenarioSet
from detector.simulate.spans import DAY, HOUR

# Days before the first fraud, so that normal life is known when it strikes.
_QUIET_AT_FIRST = 2 * DAY
# The end is left free, so that what is sent late still arrives.
_QUIET_AT_LAST = DAY


class Member(NamedTuple):
    """A user or merchant, by number, that looks like a fraud."""

    look_alike: LookAlike
    number: int


class Cast:
    """The frauds in the order of their beginning, and those who look like one; no one plays two parts.

    Where users or merchants do not last, frauds share merchants, and look-alikes go without.
    """

    def __init__(self, asked: ScenarioSet, merchants: int, draw: Draw) -> None:
        self._users = _shuffled(asked.users, draw)
        self._merchants = _shuffled(merchants, draw)
        self._all = {"users": asked.users, "merchants": merchants}
        self.cases = sorted(self._cases(asked, draw), key=lambda case: case.begin)
        self.members = [member for one in LOOK_ALIKES for member in self._members(one, asked)]

    def _cases(self, asked: ScenarioSet, draw: Draw) -> list[Case]:
        strikes = [asked.strikes[number % len(asked.strikes)] for number in range(asked.frauds)]
        shops = self._shops(sum(strike.kind.has_a_merchant for strike in strikes))
        return [
            Case(
                f"f{number:06d}",
                kind.name,
                variant,
                _begin(kind, asked, draw),
                self._users.pop(),
                next(shops) if kind.has_a_merchant else 0,
            )
            for number, (kind, variant) in enumerate(strikes, start=1)
        ]

    def _shops(self, wanted: int) -> Iterator[int]:
        # Half of all merchants are honest, whatever is asked for.
        return cycle([self._merchants.pop() for _ in range(min(wanted, len(self._merchants) // 2))])

    def _members(self, look_alike: LookAlike, asked: ScenarioSet) -> list[Member]:
        free = self._users if look_alike.of == "users" else self._merchants
        wanted = look_alike.share * asked.look_alikes * self._all[look_alike.of]
        count = min(len(free), int(wanted + 0.5))
        return [Member(look_alike, free.pop()) for _ in range(count)]


def _begin(kind: Kind, asked: ScenarioSet, draw: Draw) -> int:
    first = asked.start + _QUIET_AT_FIRST
    last = asked.end - _QUIET_AT_LAST - DAY - kind.longest
    day = first + draw.between(0, (last - first) // DAY) * DAY
    return day + since_utc_midnight(draw.between(*kind.hours)) + draw.between(0, HOUR - 1)


def _shuffled(count: int, draw: Draw) -> list[int]:
    numbers = list(range(count))
    draw.shuffle(numbers)
    return numbers
