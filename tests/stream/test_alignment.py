"""Topics of a partition number advance together in event time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.stream import alignment as module
from detector.stream.alignment import NEVER, Alignment, Dated, PatientAlignment

SLACK = 10


def dated(topic: str, *times: int, first: int = 0) -> list[Dated]:
    """Records of a topic; where they came from stands in for what was decoded from them."""
    return [Dated(time, first + number, topic, None) for number, time in enumerate(times)]


def taken(alignment: Alignment, patient: bool = True) -> list[tuple[str, int]]:
    return [(released.record, released.event_time) for released in alignment.release(patient)]


def aligned(**ends: int) -> Alignment:
    alignment = Alignment(dict.fromkeys(("payments", "logins"), 0), SLACK)
    for topic, end in ends.items():
        alignment.extends_to(topic, end)
    return alignment


def test_what_is_at_hand_goes_in_the_order_of_event_time() -> None:
    #  payments  1     4   5
    #  logins      2 3       9
    alignment = aligned()
    alignment.extend("payments", dated("payments", 1, 4, 5))
    alignment.extend("logins", dated("logins", 2, 3, 9))
    assert taken(alignment) == [
        ("payments", 1),
        ("logins", 2),
        ("logins", 3),
        ("payments", 4),
        ("payments", 5),
        ("logins", 9),
    ]


def test_each_topic_keeps_its_own_order_even_where_its_times_do_not() -> None:
    alignment = aligned()
    alignment.extend("payments", dated("payments", 5, 1, 3))
    alignment.extend("logins", dated("logins", 4))
    released = taken(alignment)
    assert [time for topic, time in released if topic == "payments"] == [5, 1, 3]
    assert len(released) == 4


def test_a_topic_waits_for_another_whose_backlog_was_not_read_yet() -> None:
    alignment = aligned(logins=7)
    alignment.extend("payments", dated("payments", 100, 200))
    assert taken(alignment) == []
    assert alignment.waiting() == {"payments"}


def test_it_may_run_ahead_of_a_backlog_by_the_slack_and_no_further() -> None:
    alignment = aligned(logins=7)
    alignment.extend("logins", dated("logins", 100))
    alignment.extend("payments", dated("payments", 50, 110, 111))
    assert taken(alignment) == [("payments", 50), ("logins", 100), ("payments", 110)]
    assert alignment.waiting() == {"payments"}


def test_it_goes_on_when_the_backlog_has_been_read() -> None:
    alignment = aligned(logins=2)
    alignment.extend("payments", dated("payments", 500))
    alignment.extend("logins", dated("logins", 100))
    assert taken(alignment) == [("logins", 100)]
    alignment.extend("logins", dated("logins", 101, first=1))
    assert taken(alignment) == [("logins", 101), ("payments", 500)]
    assert alignment.waiting() == set()


def test_a_topic_without_backlog_holds_nothing_up() -> None:
    alignment = aligned(logins=0)
    alignment.extend("payments", dated("payments", 1, 10_000))
    assert taken(alignment) == [("payments", 1), ("payments", 10_000)]


def test_two_topics_never_wait_for_each_other() -> None:
    # Both have more to come, and both have something far ahead at their head.
    alignment = aligned(payments=9, logins=9)
    alignment.extend("payments", dated("payments", 900, 10))
    alignment.extend("logins", dated("logins", 800, 20))
    assert taken(alignment)[0] == ("logins", 800)


def test_without_patience_everything_at_hand_goes() -> None:
    alignment = aligned(logins=7)
    alignment.extend("payments", dated("payments", 100, 200))
    assert taken(alignment, patient=False) == [("payments", 100), ("payments", 200)]


def test_records_that_were_handed_over_before_are_dropped() -> None:
    alignment = Alignment({"payments": 5}, SLACK)
    alignment.extend("payments", dated("payments", 1, 2, 3, first=4))
    alignment.extend("payments", dated("payments", 2, first=5))
    assert [released.offset for released in alignment.release()] == [5, 6]


def test_a_log_that_ends_with_something_that_is_no_record_is_no_backlog() -> None:
    alignment = aligned(logins=2)
    alignment.extend("logins", dated("logins", 1))
    alignment.extend("payments", dated("payments", 500))
    alignment.has_read_to("logins", 2)
    assert taken(alignment) == [("logins", 1), ("payments", 500)]


def test_nothing_later_than_the_limit_goes() -> None:
    alignment = aligned()
    alignment.extend("payments", dated("payments", 1, 5, 9))
    alignment.extend("logins", dated("logins", 6))
    assert [r.event_time for r in alignment.release(limit=5)] == [1, 5]
    assert [r.event_time for r in alignment.release(limit=6)] == [6]
    assert alignment.waiting() == {"payments"}


def test_its_turn_is_that_of_the_topic_furthest_behind() -> None:
    alignment = aligned(logins=7)
    assert alignment.turn() < 0
    alignment.extend("logins", dated("logins", 40))
    alignment.extend("payments", dated("payments", 30))
    assert alignment.turn() == 30
    # All of payments goes; logins have a backlog from 40 on.
    alignment.release()
    assert alignment.turn() == 40


def test_it_has_no_turn_where_nothing_comes() -> None:
    alignment = aligned()
    alignment.extend("payments", dated("payments", 30))
    alignment.release()
    assert alignment.turn() == NEVER


def test_its_turn_does_not_go_back_for_a_record_older_than_what_has_passed() -> None:
    # Else one late record among many would make everybody else wait for it.
    alignment = aligned()
    alignment.extend("payments", dated("payments", 50, 2, 51))
    assert [r.event_time for r in alignment.release(limit=50)] == [50, 2]
    alignment.extend("payments", dated("payments", 3, first=3))
    assert alignment.turn() == 51


class _Clock:
    """Monotonic seconds that a test turns on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)


def _released(alignment: PatientAlignment, clock: _Clock, seconds: float) -> list[int]:
    """What goes while it is looked at every second, for so long."""
    released = []
    for _ in range(int(seconds)):
        clock.now += 1
        released += [record.event_time for record in alignment.release_in_time(limit=150)]
    return released


def _of_which_another_waits() -> PatientAlignment:
    alignment = PatientAlignment(dict.fromkeys(("payments", "logins"), 0), SLACK)
    alignment.extends_to("logins", 7)
    alignment.extend("payments", dated("payments", 100, 200))
    assert alignment.release_in_time(limit=150) == []
    return alignment


def test_it_waits_for_another_topic_for_a_while_and_for_other_partitions_for_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = _Clock(monkeypatch)
    alignment = _of_which_another_waits()
    assert _released(alignment, clock, module.WAITS_AT_MOST_S) == []
    assert _released(alignment, clock, 1) == [100]
    assert alignment.release_in_time(limit=150) == []
    assert _released(alignment, clock, module.WAITS_FOR_OTHERS_AT_MOST_S) == []
    assert _released(alignment, clock, 1) == [200]


def test_what_waits_does_not_go_because_the_worker_stood_still(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(monkeypatch)
    alignment = _of_which_another_waits()
    clock.now += 60
    assert alignment.release_in_time(limit=150) == []
    assert _released(alignment, clock, module.WAITS_AT_MOST_S - 1) == []
    assert _released(alignment, clock, 1) == [100]


@given(st.data())
def test_every_record_goes_exactly_once_and_never_behind_a_backlog(data: st.DataObject) -> None:
    """Whatever is fetched in whatever pieces: all goes, in offset order, and nothing overtakes too far."""
    times = {
        topic: sorted(data.draw(st.lists(st.integers(0, 100), max_size=12), label=topic))
        for topic in ("payments", "logins")
    }
    alignment = aligned(**{topic: len(found) for topic, found in times.items()})
    fetched = dict.fromkeys(times, 0)
    processed: dict[str, list[int]] = {topic: [] for topic in times}
    while any(fetched[topic] < len(times[topic]) for topic in times):
        waiting = alignment.waiting()
        ready = [topic for topic in times if fetched[topic] < len(times[topic]) and topic not in waiting]
        assert ready, "nothing may be fetched, and nothing goes"
        topic = data.draw(st.sampled_from(ready))
        piece = data.draw(st.integers(1, 4))
        first = fetched[topic]
        alignment.extend(topic, dated(topic, *times[topic][first : first + piece], first=first))
        fetched[topic] = min(len(times[topic]), first + piece)
        for name, event_time in taken(alignment):
            processed[name].append(event_time)
            for other, found in times.items():
                behind = found[len(processed[other]) :] if other != name else []
                assert all(time >= event_time - SLACK for time in behind)
    for name, event_time in taken(alignment):
        processed[name].append(event_time)
    assert processed == times
