"""What people do; a story is a list of acts."""

from __future__ import annotations

from typing import NamedTuple

from detector.simulate.event import Fields
from detector.simulate.label import Mark
from detector.simulate.people import Person


class Act(NamedTuple):
    """What a person does, or suffers, at an event time: an event without the fields that all events share."""

    at: int
    person: Person
    type: str
    fields: Fields
    mark: Mark | None = None
