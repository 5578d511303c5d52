"""People and merchants that look like a fraud and are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from detector.simulate.scene import Scene
from detector.simulate.story import Act


class LookAlike(NamedTuple):
    """A way of living that looks like a fraud.

    Attributes:
        name: as in the labels.
        of: whether users or merchants are like this.
        share: of all of them, 0 to 1; each look-alike has others, and none is a victim.
        day: what one of them does beside normal life in the 24 hours that begin at an event time; called
            with the number of the user or merchant, once for each day; gives nothing where nothing happens.
    """

    name: str
    of: Literal["users", "merchants"]
    share: float
    day: Callable[[Scene, int, int], list[Act]]
