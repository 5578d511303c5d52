from itertools import permutations

import pytest

from detector.core.alert_record import AlertRecord
from detector.core.folded import Folded
from detector.core.history import SHORT, Entry, History
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


def test_cut_takes_the_oldest_and_has_the_rest_stored_anew():
    # 1a 2b 3c: a goes
    history = history_of(*debits(1, 2, 3))
    assert [entry.event.event_id for entry in history.cut(1)] == ["a"]
    assert names(history) == "bc"
    assert history.rewrite


def test_restored_events_up_to_the_floor_belong_to_the_buckets():
    # floor at 2b | 1z and 2b came after it was stored: they were folded, too
    restored = History()
    restored.restore(Folded((2 * MINUTE, "b"), {}, {}))
    for event in (*debits(3), ev("z", 1), ev("b", 2), ev("c", 2)):
        restored.restore(Entry(event, None))
    assert names(restored) == "ca"
    assert [entry.event.event_id for entry in restored.stray] == ["z", "b"]


def test_events_are_folded_after_any_time_before_the_floor():
    # 1a folded: the span (t, ...] has lost events for t < 1m
    history = history_of(*debits(2, 3))
    assert not history.is_folded_after(0)
    history.folded = Folded((MINUTE, "a"), {}, {})
    assert history.is_folded_after(MINUTE - 1)
    assert not history.is_folded_after(MINUTE)


@pytest.mark.parametrize("number", [SHORT, SHORT + 1])
def test_the_events_that_are_there_are_known_by_their_ids_and_no_others(number):
    history = History()
    for at in range(number):
        history.add(Entry(ev(f"e{at}", at), None))
        assert history.knows(f"e{at}")
    assert not history.knows("x")
    history.add(Entry(ev("x", 0), None))
    assert history.knows("x")
    history.forget(lambda event: event.event_id == "x")
    assert not history.knows("x")


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
    # 1b 2c 3a | b folded
    history = history_of(*debits(3, 1, 2))
    history.record(record("x", 9 * MINUTE))
    history.cut(1)
    history.folded = Folded((MINUTE, "b"), {}, {})
    restored = History()
    for item in history.contents():
        restored.restore(item)
    assert names(restored) == "ca"
    assert restored.times == history.times
    assert restored.alerts == history.alerts
    assert restored.folded == history.folded
    assert restored.unsaved == []
