"""A shop that opens: from nothing to a crowd within an hour, and the weeks after it."""

from __future__ import annotations

from dataclasses import replace

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import agreed_debit, debit
from detector.simulate.people import Merchant, People
from detector.simulate.spans import DAY, HOUR
from detector.simulate.story import Act


def opening(draw: Draw, people: People, merchant: Merchant, midnight: int) -> list[Act]:
    """The crowd of the first day, drawn by vouchers, and three days on which it thins out."""
    shop = replace(merchant, merchant_id=f"{merchant.merchant_id}-new", tier="C")
    crowd = draw.between(60, 250)
    return [
        _purchase(draw, people, shop, midnight + day * DAY + draw.between(10 * HOUR, 21 * HOUR))
        for day in range(4)
        for _ in range(crowd // (2**day))
    ]


def _purchase(draw: Draw, people: People, shop: Merchant, at: int) -> Act:
    customer = people.anyone()
    if draw.chance(0.6):
        return agreed_debit(customer, shop, at, draw.between(800, 3_000))
    return debit(customer, shop, at, draw.between(800, 8_000))
