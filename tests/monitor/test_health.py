"""When the worker counts as ready and as alive."""

from detector.monitor.health import Health


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_is_unready_until_every_condition_is_met() -> None:
    health = Health({"kafka": "no partitions yet", "redis": "not connected yet"})

    health.met("kafka")
    assert health.ready() == (False, {"redis": "not connected yet"})

    health.met("redis")
    assert health.ready() == (True, {})


def test_a_condition_that_fails_later_makes_it_unready_with_the_newest_reason() -> None:
    health = Health({})
    health.unmet("redis", "no answer for 3 s")
    health.unmet("redis", "no answer for 4 s")

    assert health.ready() == (False, {"redis": "no answer for 4 s"})


def test_it_lives_as_long_as_the_main_loop_beats() -> None:
    clock = Clock()
    health = Health({}, heartbeat_limit_s=60, clock=clock)

    clock.now += 60
    assert health.alive()
    clock.now += 1
    assert not health.alive()
    health.beat()
    assert health.alive()


def test_what_has_stalled_makes_it_unready_until_nothing_has() -> None:
    health = Health({})
    health.stalled({"redis": "no answer for 12 s", "records": "none processed for 12 s"})
    assert health.ready() == (
        False,
        {"redis": "no answer for 12 s", "records": "none processed for 12 s"},
    )
    health.stalled({"records": "none processed for 13 s"})
    assert health.ready() == (False, {"records": "none processed for 13 s"})
    health.stalled({})
    assert health.ready() == (True, {})


def test_a_stall_says_more_than_the_condition_of_its_name_and_leaves_it_unmet() -> None:
    health = Health({"partitions": "none yet"})
    health.stalled({"partitions": "none for 12 s"})
    assert health.ready() == (False, {"partitions": "none for 12 s"})
    health.stalled({})
    assert health.ready() == (False, {"partitions": "none yet"})


def test_what_is_unready_can_still_be_alive() -> None:
    assert Health({"redis": "not connected yet"}).alive()
