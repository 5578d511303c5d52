"""The owner of a small shop, who pays suppliers and helpers from a private account."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.lookalikes.acts import debit, transfer
from detector.simulate.people import People, Person
from detector.simulate.spans import HOUR
from detector.simulate.story import Act

_SUPPLIERS = 12


def day(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """Early purchases at the market, transfers through the day."""
    market = [
        debit(
            person,
            people.merchant(),
            midnight + draw.between(4 * HOUR, 8 * HOUR),
            draw.between(5_000, 300_000),
            draw.pick(("fingerprint", "face", "password")),
        )
        for _ in range(draw.between(1, 4))
    ]
    transfers = [
        transfer(
            person,
            f"x{person.index:06d}-{draw.between(1, _SUPPLIERS)}",
            midnight + draw.between(8 * HOUR, 22 * HOUR),
            draw.mostly_small(2_000, 1_500_000),
            draw.pick(("fingerprint", "face", "password")),
        )
        for _ in range(draw.between(3, 15))
    ]
    return market + transfers
