"""Normal life: which habits users have, how often, and how long a habit rests before it comes again.

The rests are what keeps normal life, at whatever rate, from looking like a fraud.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple

from detector.simulate import account, spending
from detector.simulate.draw import Draw
from detector.simulate.people import NO_PASSWORD_REST, People, Person
from detector.simulate.spans import DAY, HOUR
from detector.simulate.story import Act


class _Habit(NamedTuple):
    """`weight` of all; `name` is what rests, for `rest` ms at least."""

    weight: float
    name: str
    rest: int
    live: Callable[[Draw, People, Person, int], list[Act]]


# Two a day at most.
_INSTALMENT_REST = 13 * HOUR

_HABITS = (
    _Habit(52, "debit", 0, spending.debit),
    _Habit(18, "no_password_debit", NO_PASSWORD_REST, spending.no_password_debit),
    _Habit(7, "transfer", 0, spending.transfer),
    _Habit(2, "refund", 0, spending.refund),
    _Habit(0.5, "instalment", _INSTALMENT_REST, spending.instalment),
    _Habit(0.5, "instalment", _INSTALMENT_REST, account.instalment_by_face),
    _Habit(0.3, "complaint", 10 * DAY, spending.complaint),
    _Habit(13, "login", 0, account.login),
    _Habit(2.5, "face_verification", 0, account.face_verification),
    _Habit(0.5, "remote_session", DAY, account.remote_session),
    _Habit(0.7, "agreement", DAY, account.agreement),
    _Habit(0.3, "credit_limit", 30 * DAY, account.credit_limit),
    _Habit(0.2, "password_reset", DAY, account.password_reset),
    _Habit(0.1, "sms_sync", 30 * DAY, account.sms_sync),
    _Habit(0.1, "phone", 7 * DAY, account.new_phone),
    _Habit(0.05, "phone", 7 * DAY, account.lost_phone),
)
_BOUNDS = list(accumulate(habit.weight for habit in _HABITS))
_TOTAL = _BOUNDS[-1]


class Life:
    """The normal life of all users."""

    def __init__(self, draw: Draw, people: People) -> None:
        self._draw = draw
        self._people = people

    def story(self, now: int) -> list[Act]:
        """What some user does at an event time, and what follows from it; the first act is at that time."""
        person = self._people.anyone()
        habit = _HABITS[bisect(_BOUNDS, self._draw.fraction() * _TOTAL)]
        if person.is_resting(habit.name, now):
            return spending.debit(self._draw, self._people, person, now)
        if habit.rest:
            person.rest(habit.name, now + habit.rest)
        return habit.live(self._draw, self._people, person, now)
