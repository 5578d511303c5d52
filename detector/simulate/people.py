"""The users and merchants of the simulated platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.spans import MINUTE

CITIES = (
    "Beijing",
    "Shanghai",
    "Guangzhou",
    "Shenzhen",
    "Chengdu",
    "Hangzhou",
    "Wuhan",
    "Xi'an",
    "Nanjing",
    "Chongqing",
    "Harbin",
    "Kunming",
)
# A user pays without a password at so many merchants in turn, each time after such a rest: four times a day
# at one of them at most. So normal life is quiet under every rule on no-password debits.
HAUNTS = 6
NO_PASSWORD_REST = 65 * MINUTE

_TIERS = ("standard",) * 17 + ("elderly",) * 2 + ("minor",)
_MERCHANT_TIERS = ("A", "A", "B", "B", "B", "C", "C", "C", "C", "C")
_USERS_PER_MERCHANT = 20
_FEWEST_MERCHANTS = 20


@dataclass(slots=True)
class Merchant:
    """A merchant, with its tier for no-password debits and its one terminal, which is certified."""

    merchant_id: str
    tier: str
    terminal_id: str
    # Event time before which no one complains about it.
    content_until: int = 0


class Person:
    """A user, and what must be remembered of the user to go on living plausibly."""

    __slots__ = ("_free_at", "_phones", "city", "haunt", "index", "refundable", "tier", "user_id")

    def __init__(self, index: int, draw: Draw, start: int) -> None:
        self.index = index
        self.user_id = f"u{index:06d}"
        self.tier = draw.pick(_TIERS)
        self.city = draw.pick(CITIES)
        self.haunt = draw.between(0, HAUNTS - 1)
        # The fields of the refund that may still come.
        self.refundable: Fields | None = None
        self._phones = 1
        # Else all users would make their first no-password debit in the stream's first minutes.
        self._free_at = {"no_password_debit": start + draw.between(0, NO_PASSWORD_REST)}

    @property
    def device_id(self) -> str:
        """The phone in use."""
        return f"d{self.index:06d}-{self._phones}"

    @property
    def main_card(self) -> str:
        """The card that one-time codes are used with."""
        return f"c{self.index:06d}-1"

    @property
    def second_card(self) -> str:
        """Another card of the user."""
        return f"c{self.index:06d}-2"

    @property
    def ip(self) -> str:
        """The address that the user's provider gave."""
        return f"10.{self.index >> 16 & 255}.{self.index >> 8 & 255}.{self.index & 255}"

    def change_phone(self) -> None:
        """From now on another phone is in use."""
        self._phones += 1

    def is_resting(self, habit: str, now: int) -> bool:
        """Whether it is too early for a habit."""
        return self._free_at.get(habit, 0) > now

    def rest(self, habit: str, until: int) -> None:
        """Keeps the user from a habit up to an event time, or longer where that was said before."""
        self._free_at[habit] = max(until, self._free_at.get(habit, 0))


class People:
    """All users, each made when first met, and the merchants that they pay."""

    def __init__(self, users: int, draw: Draw, start: int) -> None:
        self._users = users
        self._draw = draw
        self._start = start
        self._met: dict[int, Person] = {}
        count = max(_FEWEST_MERCHANTS, users // _USERS_PER_MERCHANT)
        self._merchants = [_merchant(index, draw) for index in range(count)]
        self._operators = [one for one in self._merchants if one.tier == "A"] or self._merchants

    def person(self, index: int) -> Person:
        """The user of that number, 0 to users - 1."""
        person = self._met.get(index)
        if person is None:
            person = self._met[index] = Person(index, self._draw, self._start)
        return person

    def anyone(self) -> Person:
        """Some user."""
        return self.person(int(self._draw.fraction() * self._users))

    def merchant(self) -> Merchant:
        """Some merchant."""
        return self._draw.pick(self._merchants)

    @property
    def merchants(self) -> Sequence[Merchant]:
        """All merchants, by their numbers."""
        return self._merchants

    def operator(self, number: int) -> Merchant:
        """A large operator that many pay without a password; it is of the tier with the highest limits."""
        return self._operators[number % len(self._operators)]

    def next_haunt(self, person: Person) -> Merchant:
        """The next in turn of the merchants that the user pays without a password."""
        person.haunt = (person.haunt + 1) % HAUNTS
        return self.haunt(person, person.haunt)

    def haunt(self, person: Person, number: int) -> Merchant:
        """One of the merchants that the user pays without a password, 0 to HAUNTS - 1."""
        return self._merchants[(person.index * HAUNTS + number) % len(self._merchants)]


def _merchant(index: int, draw: Draw) -> Merchant:
    return Merchant(f"m{index:05d}", draw.pick(_MERCHANT_TIERS), f"t{index:05d}-1")
