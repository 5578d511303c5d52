"""Tiers of users and merchants: an event that does not carry its own is given the one that is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from detector.core.events import Event
from detector.core.lists import Members


class Tiers(NamedTuple):
    """The tier of each user and of each merchant that has one."""

    users: Mapping[str, str]
    merchants: Mapping[str, str]

    def given(self, event: Event) -> Event:
        """The event with its tiers; one that it carries stays."""
        found: dict[str, Any] = {}
        if self.users:
            _add(found, event, "user_tier", self.users.get(event.user_id))
        if self.merchants:
            _add(found, event, "merchant_tier", self.merchants.get(getattr(event, "merchant_id", "")))
        return msgspec.structs.replace(event, **found) if found else event


NO_TIERS = Tiers({}, {})


def tiers_of(lists: Mapping[str, Members]) -> Tiers:
    """The tiers that the lists of those names give; a list that is not there gives none."""
    return Tiers(lists.get("user_tier", {}), lists.get("merchant_tier", {}))


def _add(found: dict[str, Any], event: Event, field: str, tier: str | None) -> None:
    # A type without the field has no place for a tier: it reads as if it carried one.
    if tier is not None and getattr(event, field, tier) is None:
        found[field] = tier
