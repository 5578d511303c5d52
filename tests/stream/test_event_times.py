"""How far behind a topic's events are: what an operator reads in seconds."""

from faust.types import TP

from detector.stream.event_times import EventTimes

NOW = 1_000.0
FIRST, SECOND = TP("payments", 0), TP("payments", 1)


def times(**seconds: float) -> EventTimes:
    """Event times of the partitions `first` and `second`, in seconds."""
    made = EventTimes()
    for name, at in seconds.items():
        made.note({"first": FIRST, "second": SECOND}[name], int(at * 1000))
    return made


def test_without_a_backlog_the_newest_event_counts_and_its_age_grows_while_the_platform_is_silent() -> None:
    silent = times(first=400, second=990)

    assert silent.lags(set(), NOW) == {"payments": 10.0}
    assert silent.lags(set(), NOW + 60) == {"payments": 70.0}


def test_with_a_backlog_the_partition_furthest_behind_counts() -> None:
    assert times(first=400, second=990).lags({FIRST}, NOW) == {"payments": 600.0}
    assert times(first=400, second=990).lags({SECOND}, NOW) == {"payments": 10.0}


def test_a_late_event_does_not_set_a_partition_back() -> None:
    made = times(first=990)
    made.note(FIRST, 5_000)

    assert made.lags({FIRST}, NOW) == {"payments": 10.0}


def test_an_event_of_the_future_is_not_ahead() -> None:
    assert times(first=1_300).lags(set(), NOW) == {"payments": 0.0}


def test_topics_count_for_themselves_and_one_that_brought_nothing_has_no_lag() -> None:
    made = times(first=900)
    made.note(TP("logins", 0), 950_000)

    assert made.lags({FIRST, TP("complaints", 0)}, NOW) == {"payments": 100.0, "logins": 50.0}


def test_a_partition_that_another_worker_has_counts_no_longer() -> None:
    made = times(first=400, second=990)
    made.keep({0})

    assert made.lags(set(), NOW) == {"payments": 600.0}
