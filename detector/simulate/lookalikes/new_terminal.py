"""A market stall whose new terminal takes payments some days before its certificate is entered."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import debit
from detector.simulate.people import Merchant, People
from detector.simulate.spans import DAY, HOUR
from detector.simulate.story import Act


def awaiting_certificate(draw: Draw, people: People, merchant: Merchant, midnight: int) -> list[Act]:
    """Customers of one to four days."""
    return [
        _payment(draw, people, merchant, midnight + day * DAY + draw.between(8 * HOUR, 20 * HOUR))
        for day in range(draw.between(1, 4))
        for _ in range(draw.between(1, 15))
    ]


def _payment(draw: Draw, people: People, merchant: Merchant, at: int) -> Act:
    return debit(
        people.anyone(),
        merchant,
        at,
        draw.between(500, 20_000),
        channel="pos",
        terminal_id=f"{merchant.terminal_id}-new",
        terminal_certified=False,
    )
