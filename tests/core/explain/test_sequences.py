"""What is said of a sequence rule: each case is one thing that an analyst asks."""

from typing import Any

from detector.core.events import Event
from detector.core.explain.text import told_in_short
from tests.core.explain.given import explained, lines
from tests.core.given import ev, sequence

SESSION = {"name": "session", "event": "remote_session_started"}
FACE: dict[str, Any] = {
    "name": "face",
    "event": "face_verification",
    "where": {"result": "passed"},
    "within": "30m",
    "unless": {"event": "remote_session_ended", "same": "session_id", "before": "10m"},
    "alert": "high",
}
MONEY = {"name": "money", "event": ["transfer", "debit"], "within": "30m", "alert": "critical"}
REMOTE = sequence(SESSION, FACE, MONEY)


def started(minute: float = 0, event_id: str = "s", **fields: Any) -> Event:
    return ev(event_id, minute, "remote_session_started", **fields)


def face(minute: float, event_id: str = "f", **fields: Any) -> Event:
    return ev(event_id, minute, "face_verification", **fields)


def test_a_step_that_came_too_late_is_told_by_how_much() -> None:
    found = explained(REMOTE, started(), face(30, ms=40_000))
    assert not found.holds
    assert lines(found) == [
        "for user_id u1",
        "does not hold",
        "1 of 3 steps completed",
        "✓ session (remote_session_started): remote_session_started s at 00:00:00",
        "✗ face (face_verification, alerts high): not completed, possible until 00:30:00",
        "face_verification f at 00:30:40: came 40 s too late, 30 min 40 s after s where 30 min are allowed",
        "· money (transfer, debit, alerts critical): not reached",
    ]
    assert told_in_short(found, "en") == (
        "✗ 1 of 3 steps completed; face_verification came 40 s too late, "
        "30 min 40 s after s where 30 min are allowed"
    )


def test_the_same_in_chinese() -> None:
    found = explained(REMOTE, started(), face(30, ms=40_000))
    assert lines(found, "zh")[1:] == [
        "规则不成立",
        "3步中已完成1步",
        "✓ session（remote_session_started）：00:00:00的remote_session_started s",
        "✗ face（face_verification，触发high告警）：未完成，只在00:30:00前可能",
        "00:30:40的face_verification f：晚了40秒：距s已30分40秒，限30分内",
        "· money（transfer, debit，触发critical告警）：未到达",
    ]


def test_what_can_still_come_is_open_until_its_time_is_over() -> None:
    found = explained(REMOTE, started(), face(10))
    assert found.holds
    assert "✓ face (face_verification, alerts high): face_verification f at 00:10:00, 10 min later" in lines(
        found
    )
    assert "… money (transfer, debit, alerts critical): not yet, possible until 00:40:00" in lines(found)
    over = explained(REMOTE, started(), face(10), ev("l", 41, "login"))
    assert "✗ money (transfer, debit, alerts critical): not completed, possible until 00:40:00" in lines(over)


def test_each_alerting_step_has_its_alert() -> None:
    found = explained(REMOTE, started(), face(10), ev("m", 12, "transfer"))
    assert [(held.event.step, held.severity, held.said is not None) for held in found.held] == [
        ("face", "high", True),
        ("money", "critical", True),
    ]


def test_an_event_of_unless_that_came_in_between_is_named() -> None:
    ended = ev("x", 3, "remote_session_ended")
    found = explained(REMOTE, started(), ended, face(15))
    assert (
        "face_verification f at 00:15:00: cancelled by remote_session_ended x at 00:03:00, 12 min before"
        in lines(found)
    )
    assert [line for line in lines(found) if line.startswith("✗ face")] == [
        "✗ face (face_verification, alerts high): "
        "cancelled by remote_session_ended x at 00:03:00 from 00:13:00 on"
    ]


def test_one_that_ended_another_session_cancels_nothing() -> None:
    ended = ev("x", 3, "remote_session_ended", session_id="s9")
    assert explained(REMOTE, started(), ended, face(15)).holds
    waiting = explained(REMOTE, started(), ended, ev("l", 20, "login"))
    assert "… face (face_verification, alerts high): not yet, possible until 00:30:00" in lines(waiting)


def test_an_event_that_does_not_match_is_told_which_field() -> None:
    found = explained(REMOTE, started(), face(5, result="failed"))
    assert "face_verification f at 00:05:00: result is failed, not passed" in lines(found)
    assert "… face (face_verification, alerts high): not yet, possible until 00:30:00" in lines(found)


def test_what_matched_is_nearer_than_what_did_not() -> None:
    found = explained(REMOTE, started(), face(31), face(32, "g", result="failed"))
    assert "came 1 min too late" in told_in_short(found, "en")


def test_another_device_is_told_by_its_name() -> None:
    rule = sequence(
        {"name": "loss", "event": "device_reported_lost"},
        {"name": "debit", "event": "debit", "within": "1h"},
        same=["device_id"],
    )
    lost = ev("l", 0, "device_reported_lost", device_id="d1")
    found = explained(rule, lost, ev("x", 5, device_id="d2"), ev("y", 6))
    assert "debit x at 00:05:00: other device_id: d2, not d1" in lines(found)
    assert "debit y at 00:06:00: has no device_id" in lines(found)


def test_how_many_of_at_least_have_come() -> None:
    rule = sequence(
        {"name": "login", "event": "login"},
        {"name": "debits", "event": "debit", "at_least": 3, "within": "1h"},
    )
    found = explained(rule, ev("l", 0, "login"), ev("x", 5), ev("y", 6))
    assert "… debits (debit, alerts medium): 2 of 3, not yet, possible until 01:00:00" in lines(found)
    assert "debit y at 00:06:00: 2 of 3 events" in lines(found)


def test_how_many_different_values_have_come() -> None:
    rule = sequence(
        {"name": "login", "event": "login"},
        {"name": "cards", "event": "debit", "at_least": 2, "distinct": "card_id", "within": "1h"},
    )
    found = explained(rule, ev("l", 0, "login"), ev("x", 5, card_id="c1"), ev("y", 6, card_id="c1"))
    assert (
        "… cards (debit, alerts medium): 1 of 2 different card_id, not yet, possible until 01:00:00"
        in lines(found)
    )
    assert "debit y at 00:06:00: 1 of 2 different values of card_id" in lines(found)


def test_events_of_a_step_that_must_agree_are_told_apart() -> None:
    cards = {"name": "cards", "event": "debit", "at_least": 2, "same": "card_id", "within": "1h"}
    rule = sequence({"name": "login", "event": "login"}, cards)
    events = [ev("x", 5, card_id="c1"), ev("y", 6, card_id="c2"), ev("z", 7)]
    found = explained(rule, ev("l", 0, "login"), *events)
    assert "debit y at 00:06:00: 1 of 2 events" in lines(found)
    assert "debit z at 00:07:00: has no card_id" in lines(found)


def test_a_bound_of_the_whole_sequence_is_told_from_its_first_event() -> None:
    rule = sequence(
        {"name": "login", "event": "login"},
        {"name": "face", "event": "face_verification"},
        {"name": "money", "event": "debit"},
        within="20m",
    )
    found = explained(rule, ev("l", 0, "login"), face(15), ev("m", 21))
    assert (
        "debit m at 00:21:00: came 1 min too late, "
        "21 min after the first event l where 20 min are allowed in all" in lines(found)
    )


def test_a_step_that_came_before_the_one_before_is_told_so() -> None:
    found = explained(REMOTE, face(5), started(7))
    assert "face_verification f at 00:05:00: came 2 min before step session was completed" in lines(found)


def test_a_near_miss_is_told_though_another_story_has_begun_since() -> None:
    found = explained(REMOTE, started(), face(31), started(35, "again"))
    assert "✓ session (remote_session_started): remote_session_started again at 00:35:00" in lines(found)
    assert (
        "face_verification f at 00:31:00: came 1 min too late, 31 min after s where 30 min are allowed"
        in lines(found)
    )


def test_a_story_that_is_long_over_does_not_hide_the_present_one() -> None:
    past = [started(), face(5), ev("m", 6, "transfer")]
    found = explained(REMOTE, *past, started(200, "again"))
    assert found.sequence is not None
    assert found.sequence.completed == 1
    assert len(found.alerts) == 2


def test_the_alert_of_an_event_is_explained_by_its_own_chain() -> None:
    """The chain before went further, but it is not what the second verification alerted on."""
    story = [started(), face(5), ev("m", 6, "transfer"), started(40, "s2"), face(45, "f2")]
    found = explained(REMOTE, *story, at="f2")
    assert [held.event.event_id for held in found.held] == ["f2"]


def test_an_override_of_a_sequence_is_named_with_the_field_of_its_step() -> None:
    rule = sequence(
        SESSION,
        FACE,
        rule={"overrides": [{"where": {"session.app": "desk"}, "severity": "critical"}]},
    )
    found = explained(rule, started(app="desk"), face(5))
    assert "override 1 is in force, as session.app is desk: it replaces severity" in lines(found)


def test_without_an_event_of_the_first_step_nothing_has_begun() -> None:
    found = explained(REMOTE, ev("d", 5))
    assert lines(found) == [
        "does not hold",
        "0 of 3 steps completed",
        "… session (remote_session_started): not yet",
        "· face (face_verification, alerts high): not reached",
        "· money (transfer, debit, alerts critical): not reached",
    ]
