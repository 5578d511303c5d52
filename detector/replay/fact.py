"""What is kept of an event that someone asked for by its id."""

from __future__ import annotations

from typing import NamedTuple


class Fact(NamedTuple):
    """An event as the engine saw it; `event_time` in ms, `amount` in fen, None where it has none."""

    event_id: str
    user_id: str
    type: str
    event_time: int
    amount: int | None
    merchant_id: str | None
    user_tier: str | None
    merchant_tier: str | None
