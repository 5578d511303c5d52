from itertools import permutations

import pytest

from detector.core.history import AlertRecord, Entry, Floor, History
from detector.core.rule import Severity

from .given import MINUTE, debits, ev, history_of


def names(history):
    return "".join(history.ids)


def record(alert_id, until):
    at = (0, "a")
    return AlertRecord("r", alert_id, "case", Severity.HIGH, at, at, 1, True, until)


@pytest.mark.parametrize("arrived", list(permutations(debits(1, 2, 2, 3))))
def test_events_stand_by_time_and_then_by_id_whatever_arrived_first(arrived):
    # 1a 2b 2c 3d
    history = history_of(*arrived)
    assert names(history) == "abcd"
    assert history.times == [MINUTE, 2 * MINUTE, 2 * MINUTE, 3 * MINUTE]
    assert [entry.event.event_id for entry in history.entries] == list("abcd")


def test_insert_tells_where_the_event_now_stands():
    history = history_of(*debits(1, 2, 2, 3))
    # 1a 2b 2c 3d <- 2bb
    assert history.insert(Entry(ev("bb", 2), None)) == 2
    assert history.insert(Entry(ev("z", 4), None)) == 5
    assert history.insert(Entry(ev("z", 0), None)) == 0


# 1a 2b 2c 3d
PLACES = [
    ((0, ""), 0),
    ((2 * MINUTE, "a"), 1),
    ((2 * MINUTE, "c"), 2),
    ((2 * MINUTE, "d"), 3),
    ((9 * MINUTE, ""), 4),
]


@pytest.mark.parametrize(("position", "index"), PLACES)
def test_a_position_has_its_place_whether_the_event_is_there_or_not(position, index):
    assert history_of(*debits(1, 2, 2, 3)).place(position) == index


@pytest.mark.parametrize(("minute", "index"), [(0, 0), (1, 1), (2, 3), (3, 4)])
def test_first_after_is_strict_and_passes_over_ties(minute, index):
    assert history_of(*debits(1, 2, 2, 3)).first_after(minute * MINUTE) == index


def test_newest_is_the_latest_time_and_before_any_event_minus_one():
    assert History().newest == -1
    assert history_of(*debits(3, 1)).newest == 3 * MINUTE


def test_only_what_was_added_awaits_the_store():
    history = History()
    history.insert(Entry(ev("a", 0), None))
    history.add(Entry(ev("b", 1), None))
    history.record(record("x", 9))
    assert [getattr(item, "alert_id", None) or item.event.event_id for item in history.unsaved] == ["b", "x"]


def test_cut_keeps_the_newest_and_marks_where_it_cut():
    # 1a 2b 3c | cap 2: a goes
    history = history_of(*debits(1, 2, 3))
    history.cut(2)
    assert names(history) == "bc"
    assert history.floor == (MINUTE, "a")
    assert history.unsaved[-1] == Floor((MINUTE, "a"))


def test_a_floor_that_is_restored_cuts_again_what_was_stored_before_it():
    # stored a b c, floor at 2b, then 1z: it came after the cut, and stays
    restored = History()
    for event in debits(1, 2, 2):
        restored.restore(Entry(event, None))
    restored.restore(Floor((2 * MINUTE, "b")))
    restored.restore(Entry(ev("z", 1), None))
    assert names(restored) == "zc"


def test_a_cut_leaves_the_same_live_and_restored():
    # 1a 2b 3c, cap 2: a goes | then 0.5y and 0.2z come late, cap 3: one goes, and the floor is 1a still
    history = history_of(*debits(1, 2, 3))
    history.cut(2)
    for event in (ev("y", 0.5), ev("z", 0.2)):
        history.add(Entry(event, None))
    history.cut(3)
    restored = History()
    for item in history.unsaved:
        restored.restore(item)
    assert names(restored) == names(history)


def test_a_history_at_its_cap_is_not_cut():
    history = history_of(*debits(1, 2))
    history.cut(2)
    assert names(history) == "ab"
    assert history.floor is None


def test_events_are_missing_after_any_time_before_the_floor():
    # 1a cut off: the span (t, ...] has lost events for t < 1m
    history = history_of(*debits(1, 2, 3))
    assert not history.is_cut_after(0)
    history.cut(2)
    assert history.is_cut_after(MINUTE - 1)
    assert not history.is_cut_after(MINUTE)


def test_forget_drops_what_is_expired_wherever_it_stands():
    # 1a 2b 3c, b expired
    history = history_of(*debits(1, 2, 3))
    history.forget(lambda event: event.event_id == "b")
    assert names(history) == "ac"
    assert history.times == [MINUTE, 3 * MINUTE]


def test_an_alert_record_is_dropped_after_its_time_and_not_at_it():
    history = history_of(*debits(1, 2))
    history.record(record("over", 2 * MINUTE - 1))
    history.record(record("just in time", 2 * MINUTE))
    history.forget(lambda event: False)
    assert list(history.alerts) == ["just in time"]


def test_contents_restore_the_same_history():
    # 1b 2c 3a | cap 2: b goes
    history = history_of(*debits(3, 1, 2))
    history.record(record("x", 9 * MINUTE))
    history.cut(2)
    restored = History()
    for item in history.contents():
        restored.restore(item)
    assert names(restored) == "ca"
    assert restored.times == history.times
    assert restored.alerts == history.alerts
    assert restored.floor == (MINUTE, "b")
    assert restored.unsaved == []
