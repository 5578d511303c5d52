"""Complaints that are part of a fraud."""

from __future__ import annotations

from detector.simulate.case import Case
from detector.simulate.event import Fields
from detector.simulate.people import Merchant, Person
from detector.simulate.story import Act


def complained(
    case: Case, person: Person, merchant: Merchant, at: int, decided: int, outcome: str
) -> list[Act]:
    """A complaint about a merchant, and what was decided about it at a later event time."""
    fields: Fields = {"complaint_id": f"q{person.index:06d}-{at}", "merchant_id": merchant.merchant_id}
    return [
        Act(at, person, "complaint", fields | {"status": "opened"}, case.mark("complaint")),
        Act(decided, person, "complaint", fields | {"status": outcome}, case.mark("outcome")),
    ]
