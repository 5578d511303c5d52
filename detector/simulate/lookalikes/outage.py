"""A merchant whose delivery or system fails for some hours: many honest complaints at once."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.lookalikes.acts import debit
from detector.simulate.people import Merchant, People
from detector.simulate.spans import DAY, HOUR
from detector.simulate.story import Act


def outage(draw: Draw, people: People, merchant: Merchant, midnight: int) -> list[Act]:
    """Customers pay, wait, and complain; the merchant makes good and nearly all are upheld."""
    return [act for _ in range(draw.between(40, 300)) for act in _customer(draw, people, merchant, midnight)]


def _customer(draw: Draw, people: People, merchant: Merchant, midnight: int) -> list[Act]:
    customer = people.anyone()
    paid = midnight + draw.between(9 * HOUR, 21 * HOUR)
    purchase = debit(customer, merchant, paid, draw.between(1_500, 30_000))
    if not draw.chance(0.15):
        return [purchase]
    complaint: Fields = {
        "complaint_id": f"q{customer.index:06d}-{paid}",
        "merchant_id": merchant.merchant_id,
    }
    opened = paid + draw.between(HOUR, 8 * HOUR)
    return [
        purchase,
        Act(opened, customer, "complaint", complaint | {"status": "opened"}),
        Act(opened + draw.between(HOUR, 2 * DAY), customer, "complaint", complaint | {"status": "upheld"}),
    ]
