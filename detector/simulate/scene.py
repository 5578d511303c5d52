"""What a story is told in."""

from __future__ import annotations

from typing import NamedTuple

from detector.simulate.draw import Draw
from detector.simulate.life import Life
from detector.simulate.people import People


class Scene(NamedTuple):
    """The random draws, the users and merchants, and the normal life of each user."""

    draw: Draw
    people: People
    life: Life
