"""Alerts held against labels: what is right, what is caught, when, and what had moved by then."""

from typing import Any

import msgspec

from detector.core.alert import Alert
from detector.core.rule import Mode
from detector.replay.fact import Fact
from detector.replay.labels import Labelled
from detector.replay.quality import Observed, Quality, quality
from detector.replay.share import Share

from ..core.given import HOUR, MINUTE
from .given import alert

DAY = 24 * HOUR


def fact(event_id: str, minute: int = 0, **fields: Any) -> Fact:
    plain = Fact(event_id, "u1", "debit", minute * MINUTE, 100, "m1", None, None)
    return plain._replace(**fields)


def held(
    alerts: list[Alert], *told: tuple[Fact, Labelled], users: int = 1_000, duration: int = DAY
) -> Quality:
    """Alerts held against events, each with its label."""
    facts = {event.event_id: event for event, _ in told}
    return quality(alerts, [label for _, label in told], facts, Observed(users, duration))


def part(event_id: str, minute: int = 0, fraud: str = "f", kind: str = "k", **fields: Any) -> Any:
    """An event of a fraud."""
    variant = fields.pop("variant", "")
    return fact(event_id, minute, **fields), Labelled(event_id, fraud, kind, "", variant)


def test_an_alert_is_right_where_its_evidence_holds_an_event_of_a_fraud():
    found = held([alert("a", 9, events=["x"]), alert("b", 5)], part("x"))
    assert (found.precision, found.all.recall) == (Share(1, 2), Share(1, 1))
    assert [one.alert_id for one in found.wrong] == ["b"]


def test_a_fraud_without_an_alert_is_missed_with_all_its_money():
    found = held([alert("a", 9, events=["x"])], part("x"), part("y", fraud="g"), part("z", 3, fraud="g"))
    assert (found.all.recall, found.all.missed_amount) == (Share(1, 2), 200)
    assert [fraud.fraud_id for fraud in found.missed] == ["g"]


def test_time_and_money_count_up_to_the_first_alerts_anchor():
    events = [
        part("x", 1, type="login", amount=None),
        part("y", 2),
        part("e5", 5, amount=7_000),
        part("z", 6),
    ]
    found = held([alert("late", 9, events=["x"]), alert("first", 5)], *events)
    assert (found.all.seconds.median, found.all.moved.total) == (240, 100)
    assert found.all.before_money == Share(0, 1)


def test_what_happens_at_the_anchors_time_is_ordered_by_id():
    # e5 is the anchor; d5 comes before it, f5 after it.
    found = held(
        [alert("a", 5)], part("d5", 5, amount=1), part("e5", 5, amount=10), part("f5", 5, amount=100)
    )
    assert found.all.moved.total == 1


def test_a_fraud_is_alerted_before_its_money_where_only_other_events_come_before():
    session = part("s", 1, type="remote_session_started", amount=None)
    face = part("e5", 5, type="face_verification", amount=None)
    found = held([alert("a", 5)], session, face, part("t", 6, type="transfer"))
    assert (found.all.before_money, found.all.moved.total) == (Share(1, 1), 0)


def test_money_that_comes_back_or_never_moved_is_not_counted():
    found = held([], part("x", type="refund"), part("y", type="complaint", amount=None))
    assert (found.all.before_money, found.all.missed_amount) == (Share(0, 0), 0)


def test_each_kind_and_variant_has_its_own_recall():
    events = [
        part("x", fraud="f", kind="drip", variant="slow"),
        part("y", fraud="g", kind="drip", variant="fast"),
        part("z", fraud="h", kind="burst"),
    ]
    found = held([alert("a", 9, events=["x", "z"])], *events)
    assert [(one.kind, one.recall) for one in found.kinds] == [("burst", Share(1, 1)), ("drip", Share(1, 2))]
    assert [(one.kind, one.variant, one.recall) for one in found.variants] == [
        ("burst", "", Share(1, 1)),
        ("drip", "fast", Share(0, 1)),
        ("drip", "slow", Share(1, 1)),
    ]


def test_each_rule_has_its_own_precision_and_what_it_alone_caught():
    alerts = [
        alert("a", 9, events=["x"], rule_id="r"),
        alert("b", 9, events=["x", "y"], rule_id="s"),
        alert("c", 7, rule_id="s"),
    ]
    found = held(alerts, part("x", fraud="f"), part("y", fraud="g"))
    assert [(one.rule_id, one.precision, one.caught, one.alone) for one in found.rules] == [
        ("r", Share(1, 1), 1, 0),
        ("s", Share(1, 2), 2, 1),
    ]


def test_a_rule_in_shadow_counts_by_itself_only():
    shadow = alert("a", 9, events=["x"], rule_id="s", mode=Mode.SHADOW)
    found = held([shadow, alert("b", 9, events=["x"])], part("x"))
    assert (found.precision, found.in_shadow) == (Share(1, 1), 1)
    assert [(one.rule_id, one.caught, one.alone) for one in found.rules] == [("r", 1, 1), ("s", 1, 0)]
    assert held([shadow], part("x")).all.recall == Share(0, 1)


def test_labels_without_a_fraud_make_one_of_each_user():
    told = [part("x", fraud=""), part("y", fraud="", user_id="u2"), part("z", 2, fraud="")]
    found = held([alert("a", 9, events=["z"])], *told)
    assert found.all.recall == Share(1, 2)


def test_labelled_events_that_were_not_read_are_counted_and_make_no_fraud():
    labels = [Labelled("x", "f"), Labelled("y", "f"), Labelled("z", "g"), Labelled("z", "g")]
    found = quality([], labels, {"x": fact("x")}, Observed(1, 1))
    assert (found.all.recall, found.absent) == (Share(0, 1), 2)


def test_alerts_are_counted_for_a_thousand_users_a_day():
    found = held([alert("a"), alert("b", 9)], part("x"), users=500, duration=2 * DAY)
    assert (found.alerts_per_1000_users_a_day, found.days) == (2.0, 2.0)
    assert held([alert("a")], part("x"), users=0).alerts_per_1000_users_a_day is None


def test_evidence_that_was_left_out_is_told_by_key_and_time():
    long = alert("a", 90, since=60, evidence_total=51)
    during = [part("x", 50), part("y", 70)]
    assert held([long], *during).precision == Share(1, 1)
    assert held([msgspec.structs.replace(long, evidence_total=2)], *during).precision == Share(0, 1)
    assert held([long], part("x", 50), part("y", 59)).precision == Share(0, 1)
    assert held([long], part("x", 91)).precision == Share(0, 1)
    assert held([long], part("x", 70, user_id="u2")).precision == Share(0, 1)


def test_of_two_keys_both_have_a_part_in_what_was_left_out():
    entity = {"user_id": "u1", "merchant_id": "m1"}
    long = alert("a", 90, since=60, evidence_total=51, entity=entity)
    assert held([long], part("x", 70)).precision == Share(1, 1)
    assert held([long], part("x", 70, merchant_id="m2")).precision == Share(0, 1)


AT_MERCHANT = {"entity": {"merchant_id": "m1"}}


def test_a_victim_among_its_customers_does_not_make_an_alert_about_a_merchant_right():
    # The evidence is x, e0 and e9.
    surge = alert("a", 9, since=0, events=["x"], **AT_MERCHANT)
    found = held([surge], part("x"))
    assert (found.precision, found.all.recall) == (Share(0, 1), Share(0, 1))


def test_an_alert_about_a_merchant_is_right_where_most_of_its_customers_are_victims():
    surge = alert("a", 9, since=0, events=["x", "y"], **AT_MERCHANT)
    found = held([surge], part("x", fraud="f"), part("y", fraud="g", user_id="u2"))
    assert (found.precision, found.all.recall) == (Share(1, 1), Share(2, 2))


def test_a_merchants_fraud_is_that_of_several_users_at_one_merchant():
    surge = alert("a", 9, since=0, events=["x"], **AT_MERCHANT)
    found = held([surge], part("x"), part("y", user_id="u2"))
    assert (found.precision, found.all.recall) == (Share(1, 1), Share(1, 1))


def test_an_alert_about_one_of_its_users_does_not_catch_a_merchants_fraud():
    events = part("x"), part("y", user_id="u2")
    found = held([alert("a", 9, events=["x"])], *events)
    assert (found.precision, found.all.recall) == (Share(1, 1), Share(0, 1))
    both = alert("a", 9, events=["x"], entity={"user_id": "u1", "merchant_id": "m1"})
    assert held([both], *events).all.recall == Share(0, 1)


def test_a_fraud_on_several_users_at_several_merchants_is_caught_at_any_of_the_users():
    ring = part("x"), part("y", user_id="u2", merchant_id="m2")
    assert held([alert("a", 9, events=["x"])], *ring).all.recall == Share(1, 1)
    surge = alert("a", 9, since=0, events=["x"], **AT_MERCHANT)
    assert held([surge], *ring).precision == Share(0, 1)
