"""Which events go on from their user to their merchant."""

import pytest

from detector.core.engine import Outcome
from detector.core.routing import MERCHANT, USER, Routing, rules_by

from .given import ev, read, sequence, window

SPREE = window({"count": {"gte": 3}}, event=["debit", "instalment"], by=MERCHANT)
BY_USER = window({"count": {"gte": 3}}, event=["refund"])


def test_an_event_of_a_type_that_a_rule_by_merchant_can_use_goes_on_to_its_merchant():
    assert Routing([SPREE, BY_USER]).onward(ev("a", 0, merchant_id="m7"), Outcome.ACCEPTED) == "m7"


def test_an_event_that_no_rule_by_merchant_can_use_goes_nowhere():
    assert Routing([SPREE, BY_USER]).onward(ev("a", 0, "refund"), Outcome.ACCEPTED) is None
    assert Routing([BY_USER]).onward(ev("a", 0), Outcome.ACCEPTED) is None


def test_a_duplicate_goes_no_further():
    assert Routing([SPREE]).onward(ev("a", 0), Outcome.DUPLICATE) is None


def test_an_event_too_late_for_its_user_goes_on():
    assert Routing([SPREE]).onward(ev("a", 0), Outcome.TOO_LATE) == "m1"


@pytest.mark.parametrize(("mode", "merchant"), [("live", "m1"), ("shadow", "m1"), ("off", None)])
def test_a_rule_in_shadow_wants_its_events_and_one_that_is_off_does_not(mode, merchant):
    rule = window({"count": {"gte": 3}}, by=MERCHANT, mode=mode)
    assert Routing([rule]).onward(ev("a", 0), Outcome.ACCEPTED) == merchant


def test_what_cancels_a_step_goes_on_too():
    rule = sequence(
        {"name": "one", "event": "debit"},
        {"name": "two", "event": "debit", "within": "1h", "unless": {"event": "complaint"}},
        rule={"by": MERCHANT},
    )
    assert Routing([rule]).onward(ev("a", 0, "complaint"), Outcome.ACCEPTED) == "m1"


def test_a_type_that_the_where_of_a_selector_rules_out_stays():
    rule = window(
        {"count": {"gte": 3}}, event=["debit", "refund"], where={"auth_method": "none"}, by=MERCHANT
    )
    routing = Routing([rule])
    assert routing.onward(ev("a", 0), Outcome.ACCEPTED) == "m1"
    assert routing.onward(ev("a", 0, "refund"), Outcome.ACCEPTED) is None


def test_what_a_rule_by_merchant_looks_up_in_a_list_is_asked_of_its_engine_alone():
    rule = window({"count": 2}, where={"merchant_id": {"not_in_list": "trusted"}}, by=MERCHANT)
    assert Routing([rule]).onward(ev("a", 0), Outcome.ACCEPTED) == "m1"


def test_a_rule_by_user_and_merchant_is_one_by_user():
    rule = read({"window": {"event": "debit", "within": "1h"}, "when": {"count": 2}, "by": [USER, MERCHANT]})
    assert rules_by(USER, [rule, SPREE]) == [rule]
    assert rules_by(MERCHANT, [rule, SPREE]) == [SPREE]
