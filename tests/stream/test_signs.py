"""How long each sign of life has been missing, and how long that is borne."""

import pytest

from detector.monitor.health import Health
from detector.stream.signs import ENDS_AFTER_S, UNREADY_AFTER_S, Sign, Signs, Stall


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Life:
    """The signs of a worker whose session is 12 seconds, and its heart."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.health = Health({}, clock=self.clock)
        self.signs = Signs(self.health.heartbeat_age, 12.0, clock=self.clock)

    def live(self, seconds: int, *missing: Sign) -> None:
        """Let time pass, with a heartbeat and all signs but these each second."""
        for _ in range(seconds):
            self.clock.now += 1
            for sign in set(Sign) - set(missing):
                self.signs.seen(sign)
            self.health.beat()

    def longer_than(self, seconds: float) -> dict[str, str]:
        return {stall.name: stall.reason for stall in self.signs.stalls() if stall.seconds > seconds}

    def past_their_limit(self) -> list[Stall]:
        return [stall for stall in self.signs.stalls() if stall.seconds > stall.limit_s]


def test_the_limits_are_those_that_are_promised() -> None:
    assert UNREADY_AFTER_S == 10.0
    assert ENDS_AFTER_S == 60.0
    # The watchdog looks each second and the signs are looked for every other: all within 90 seconds.
    assert {stall.limit_s for stall in Life().signs.stalls()} == {60.0, 80.0}


def test_a_worker_that_shows_every_sign_has_no_stall() -> None:
    life = Life()
    life.live(1_000)
    assert life.longer_than(0) == {}


@pytest.mark.parametrize(
    ("sign", "name", "reason"),
    [
        (Sign.REDIS, "redis", "Redis has given no usable answer for 11 s"),
        (Sign.KAFKA, "kafka", "Kafka has not told the ends of its logs for 11 s"),
        (
            Sign.GROUP,
            "partitions",
            "the consumer group has not given this worker its partitions for 11 s",
        ),
        (
            Sign.FLOW,
            "partitions",
            "partitions are assigned, but taking them over has not come to an end for 11 s",
        ),
        (Sign.RECORDS, "records", "Kafka has more records, but none was processed for 11 s"),
    ],
)
def test_a_sign_that_is_missing_is_told_alone_and_by_what_it_means(
    sign: Sign, name: str, reason: str
) -> None:
    life = Life()
    life.live(20)
    life.live(11, sign)
    assert life.longer_than(UNREADY_AFTER_S) == {name: reason}
    life.live(1)
    assert life.longer_than(0) == {}


@pytest.mark.parametrize("sign", [sign for sign in Sign if sign is not Sign.GROUP])
def test_one_that_is_missing_for_a_minute_is_past_its_limit(sign: Sign) -> None:
    life = Life()
    life.live(60, sign)
    assert not life.past_their_limit()
    life.live(1, sign)
    assert len(life.past_their_limit()) == 1


def test_the_group_is_waited_for_as_long_as_another_member_can_hold_it_up() -> None:
    # A member that hangs is ended after 60 seconds, and believed in for its session of 12.
    life = Life()
    life.live(80, Sign.GROUP)
    assert not life.past_their_limit()
    life.live(1, Sign.GROUP)
    assert len(life.past_their_limit()) == 1


def test_what_is_known_of_a_missing_sign_is_told_until_it_is_seen() -> None:
    life = Life()
    life.live(11, Sign.REDIS)
    life.signs.missed(Sign.REDIS, "connection refused")
    assert life.longer_than(10) == {"redis": "Redis has given no usable answer for 11 s: connection refused"}
    life.signs.seen(Sign.REDIS)
    life.live(11, Sign.REDIS)
    assert life.longer_than(10) == {"redis": "Redis has given no usable answer for 11 s"}


def test_of_a_main_loop_that_hangs_nothing_else_is_told() -> None:
    life = Life()
    life.live(20)
    life.live(2, Sign.REDIS, Sign.KAFKA)
    life.clock.now += 11
    assert life.longer_than(UNREADY_AFTER_S) == {"main loop": "the main loop has been stuck for 11 s"}
    life.clock.now += 50
    assert [stall.name for stall in life.past_their_limit()] == ["main loop"]


def test_a_sign_can_be_noted_for_an_earlier_time() -> None:
    life = Life()
    life.live(20, Sign.RECORDS)
    life.signs.seen(Sign.RECORDS, at=life.clock.now - 15)
    assert life.longer_than(10) == {"records": "Kafka has more records, but none was processed for 15 s"}
