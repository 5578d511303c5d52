"""What is wanted of single events, beside the alerts."""

from __future__ import annotations

from detector.core.events import Event
from detector.replay.fact import Fact


def fact_of(event: Event) -> Fact:
    """What there is to say of an event, with the tiers that the lists gave it."""
    return Fact(
        event_id=event.event_id,
        user_id=event.user_id,
        type=event.type,
        event_time=event.event_time,
        amount=getattr(event, "amount", None),
        merchant_id=getattr(event, "merchant_id", None),
        user_tier=getattr(event, "user_tier", None),
        merchant_tier=getattr(event, "merchant_tier", None),
    )
