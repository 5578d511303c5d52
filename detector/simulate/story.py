"""What people do; a story is a list of acts."""

from __future__ import annotations

from typing import NamedTuple

from detector.simulate.event import Fields
from detector.simulate.label import Mark
from detector.simulate.people import Person


class Act(NamedTuple):
    """What a person does, or suffers, at an event time: an event without the fields that all events share.

    `delays` says how long after the event time the event arrives, in milliseconds, one for each time that
    it is sent. Plain traffic does not look at it.
    `look_alike` names the look-alike whose life it is, if it is one's.
    """

    at: int
    person: Person
    type: str
    fields: Fields
    mark: Mark | None = None
    delays: tuple[int, ...] = (0,)
    look_alike: str = ""
