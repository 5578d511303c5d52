"""A kiosk at the gate of a factory: nearly all its customers come within half an hour, each working day."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import agreed_debit
from detector.simulate.lookalikes.days import is_working_day
from detector.simulate.people import Merchant, People
from detector.simulate.spans import HOUR, MINUTE
from detector.simulate.story import Act


def day(draw: Draw, people: People, merchant: Merchant, midnight: int) -> list[Act]:
    """A few customers all day, and the shift at noon."""
    if not is_working_day(midnight):
        return []
    all_day = [midnight + draw.between(6 * HOUR, 22 * HOUR) for _ in range(draw.between(40, 80))]
    noon = [midnight + 12 * HOUR + draw.between(0, 30 * MINUTE) for _ in range(draw.between(60, 140))]
    return [agreed_debit(people.anyone(), merchant, at, draw.between(300, 2_500)) for at in all_day + noon]
