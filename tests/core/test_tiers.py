"""An event is given the tiers that it does not carry."""

import pytest

from detector.core.events import Event
from detector.core.tiers import Tiers, tiers_of

from .given import ev

TIERS = tiers_of({"user_tier": {"u1": "elderly"}, "merchant_tier": {"m1": "B"}, "trusted": {"u2": ""}})


def given(event: Event, tiers: Tiers = TIERS) -> Event:
    tiers.give(event)
    return event


def test_a_debit_is_given_the_tiers_of_its_user_and_its_merchant() -> None:
    event = given(ev("a", 0))
    assert (event.user_tier, event.merchant_tier) == ("elderly", "B")


def test_nothing_else_of_the_event_changes() -> None:
    event = ev("a", 0, amount=7, city="X")
    assert given(event) == ev("a", 0, amount=7, city="X", user_tier="elderly", merchant_tier="B")


def test_a_tier_that_the_event_carries_stays() -> None:
    event = given(ev("a", 0, user_tier="minor", merchant_tier="C"))
    assert (event.user_tier, event.merchant_tier) == ("minor", "C")


def test_others_have_none() -> None:
    event = ev("a", 0, user_id="u2", merchant_id="m2")
    assert given(event) == ev("a", 0, user_id="u2", merchant_id="m2")


@pytest.mark.parametrize("kind", ["login", "instalment", "complaint"])
def test_only_the_user_has_a_tier_where_the_type_has_no_field_for_the_merchants(kind: str) -> None:
    assert given(ev("a", 0, kind)) == ev("a", 0, kind, user_tier="elderly")


def test_without_lists_there_are_no_tiers() -> None:
    event = ev("a", 0)
    assert given(event, tiers_of({})) == ev("a", 0)
