"""Normal life: which habits users have, how often, and how long a habit rests before it comes again."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from detector.simulate import account, spending
from detector.simulate.draw import Draw
from detector.simulate.people import NO_PASSWORD_REST, People, Person
from detector.simulate.spans import DAY, HOUR
from detector.simulate.story import Act


class Habit(NamedTuple):
    """`weight` of all; `name` is what rests, for `rest` ms at least."""

    weight: float
    name: str
    rest: int
    live: Callable[[Draw, People, Person, int], list[Act]]


# Two a day at most.
_INSTALMENT_REST = 13 * HOUR

# The rests are what keeps the normal life of plain traffic, at whatever rate, from looking like a fraud.
HABITS = (
    Habit(52, "debit", 0, spending.debit),
    Habit(18, "no_password_debit", NO_PASSWORD_REST, spending.no_password_debit),
    Habit(7, "transfer", 0, spending.transfer),
    Habit(2, "refund", 0, spending.refund),
    Habit(0.5, "instalment", _INSTALMENT_REST, spending.instalment),
    Habit(0.5, "instalment", _INSTALMENT_REST, account.instalment_by_face),
    Habit(0.3, "complaint", 10 * DAY, spending.complaint),
    Habit(13, "login", 0, account.login),
    Habit(2.5, "face_verification", 0, account.face_verification),
    Habit(0.5, "remote_session", DAY, account.remote_session),
    Habit(0.7, "agreement", DAY, account.agreement),
    Habit(0.3, "credit_limit", 30 * DAY, account.credit_limit),
    Habit(0.2, "password_reset", DAY, account.password_reset),
    Habit(0.1, "sms_sync", 30 * DAY, account.sms_sync),
    Habit(0.1, "phone", 7 * DAY, account.new_phone),
    Habit(0.05, "phone", 7 * DAY, account.lost_phone),
)


class Life:
    """The normal life of all users."""

    def __init__(self, draw: Draw, people: People, habits: Sequence[Habit] = HABITS) -> None:
        self._draw = draw
        self._people = people
        self._habits = habits
        self._bounds = list(accumulate(habit.weight for habit in habits))

    def story(self, now: int) -> list[Act]:
        """What some user does at an event time, and what follows from it; the first act is at that time."""
        return self.story_of(self._people.anyone(), now)

    def story_of(self, person: Person, now: int) -> list[Act]:
        """The same for one user."""
        habit = self._habits[bisect(self._bounds, self._draw.fraction() * self._bounds[-1])]
        if person.is_resting(habit.name, now):
            return spending.debit(self._draw, self._people, person, now)
        if habit.rest:
            person.rest(habit.name, now + habit.rest)
        return habit.live(self._draw, self._people, person, now)
