"""How often a look-alike's story is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.lookalike import LookAlike
from detector.simulate.people import Merchant, People, Person
from detector.simulate.scene import Scene
from detector.simulate.spans import DAY, HOUR
from detector.simulate.story import Act

T = TypeVar("T")
# What one of the users or merchants does on the day that begins at a midnight in China: the next day where
# the story is told daily, as it may begin in the night, else today, from eight in the morning on.
_Story = Callable[[Draw, People, T, int], list[Act]]

DAILY = 1
WEEKLY = 7
MONTHLY = 30
_EIGHT_IN_THE_MORNING = 8 * HOUR


def of_users(name: str, share: float, story: _Story[Person], every: int = DAILY) -> LookAlike:
    """A share of all users, of each of whom a story is told once in `every` days, of each on another day."""
    return _look_alike(name, "users", share, story, lambda people, number: people.person(number), every)


def of_adults(name: str, share: float, story: _Story[Person], every: int = DAILY) -> LookAlike:
    """The same of people of working age, who need no more care than others."""
    return _look_alike(name, "users", share, story, _adult, every)


def of_merchants(name: str, share: float, story: _Story[Merchant], every: int = DAILY) -> LookAlike:
    """The same of merchants."""
    return _look_alike(
        name, "merchants", share, story, lambda people, number: people.merchants[number], every
    )


def _look_alike(
    name: str,
    of: Literal["users", "merchants"],
    share: float,
    story: _Story[T],
    who: Callable[[People, int], T],
    every: int,
) -> LookAlike:
    def day(scene: Scene, number: int, begin: int) -> list[Act]:
        one = who(scene.people, number)
        if (begin // DAY + number) % every:
            return []
        midnight = begin - _EIGHT_IN_THE_MORNING + (DAY if every == DAILY else 0)
        acts = story(scene.draw, scene.people, one, midnight)
        return [act._replace(look_alike=name) for act in acts]

    return LookAlike(name, of, share, day)


def _adult(people: People, number: int) -> Person:
    person = people.person(number)
    person.tier = "standard"
    return person
