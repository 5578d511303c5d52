"""Tiers of users and merchants: an event that does not carry its own is given the one that is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from detector.core.events import Event
from detector.core.lists import Members


class Tiers(NamedTuple):
    """The tier of each user and of each merchant that has one."""

    users: Mapping[str, str]
    merchants: Mapping[str, str]

    def give(self, event: Event) -> None:
        """Give an event, fresh from decoding and nobody else's yet, its tiers; one that it carries stays."""
        if self.users:
            _give(event, "user_tier", self.users.get(event.user_id))
        if self.merchants:
            _give(event, "merchant_tier", self.merchants.get(getattr(event, "merchant_id", "")))


def tiers_of(lists: Mapping[str, Members]) -> Tiers:
    """The tiers that the lists of those names give; a list that is not there gives none."""
    return Tiers(lists.get("user_tier", {}), lists.get("merchant_tier", {}))


def _give(event: Event, field: str, tier: str | None) -> None:
    # A type without the field has no place for a tier: it reads as if it carried one.
    if tier is not None and getattr(event, field, tier) is None:
        msgspec.structs.force_setattr(event, field, tier)
