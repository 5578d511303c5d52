"""Live, in shadow, in a backtest and in a rule's own tests: the same events give the same alerts.

Which alerts stand, by their ids, depends on nothing but the events. What an alert says of its anchor depends
on which of a period's anchors was seen first, so it is the same where events arrive in the same order.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import msgspec

from detector.core.alert import Alert, Status
from detector.core.events import Event, Refusal, decode
from detector.rules.rule_set import rules_in_force
from detector.simulate import Traffic, encode, simulate
from tests.integration.live import Live
from tests.integration.sameness import (
    BY_USER,
    FALLING,
    asked_of_files,
    asked_of_kafka,
    backtested,
    beside,
    cases,
    delivered,
    interleaved,
    line_of,
    published,
    told,
)
from tests.servers.topics import Topics

CASES = cases()
RULES = {rule.id for rule in rules_in_force([], with_catalogue=True)}


def decoded(line: bytes) -> Event:
    event = decode(line)
    assert not isinstance(event, Refusal), event.message
    return event


def traffic() -> list[Event]:
    """Simulated life with frauds in it, beside what fires every rule of the catalogue."""
    simulated = [
        decode(encode(one.event)) for one in simulate(Traffic(users=200, events=5_000, seed=5, fraud=0.1))
    ]
    assert not any(isinstance(event, Refusal) for event in simulated)
    own = [sorted(case.events, key=lambda event: event.event_time) for case in CASES]
    return interleaved([simulated, *own])


def owned(alerts: list[Alert]) -> list[Alert]:
    """Those that are of a case's rule and about a key of it: cases fire each other's rules, too."""
    return [alert for alert in alerts if any(case.owns(alert) for case in CASES)]


@asynccontextmanager
async def having_read(*detectors: Live) -> AsyncIterator[None]:
    """Once workers of these detectors have worked off what lies on their topics."""
    workers = [detector.start() for detector in detectors]
    try:
        for worker in workers:
            await worker.ready()
        for detector in detectors:
            await detector.has_drained()
        yield
    finally:
        for worker in workers:
            worker.kill()


async def send_in_order(live: Live, events: list[Event]) -> None:
    """Send all on one topic, which takes every type: so each user's events arrive in this order."""
    await live.send_records((live.names["payments"], one.user_id.encode(), line_of(one)) for one in events)


async def test_every_test_inside_a_rule_comes_out_the_same_live_and_in_a_backtest(live: Live) -> None:
    expected = {alert_id: one for case in CASES for alert_id, one in case.told.items()}
    assert {one["rule"] for one in expected.values()} == RULES
    # Given what all tests send, each by keys of its own, in their own order
    events = interleaved([case.events for case in CASES])
    # Then a backtest with the whole catalogue says of each rule and case what its test says
    assert told(owned(backtested(live, events))) == expected
    assert told(owned(asked_of_files(live, events))) == expected
    # And a worker does
    await send_in_order(live, events)
    async with having_read(live):
        assert told(owned(await published(live, "alerts"))) == expected


async def test_live_in_shadow_and_backtest_say_the_same_of_events_in_one_order(
    live: Live, topics: Topics
) -> None:
    live.use_rules(**{"paid-and-nothing-back": FALLING})
    events = delivered(traffic(), Random(0))
    alerts = backtested(live, events)
    # A merchant's events come from all partitions, in an order of their own.
    expected = told(alerts, BY_USER)
    assert {one["rule"] for one in expected.values()} > RULES
    assert any(alert.status is Status.WITHDRAWN for alert in alerts)
    assert told(asked_of_files(live, events), BY_USER) == expected
    in_shadow = await beside(live, topics)
    await send_in_order(live, events)
    async with having_read(live, in_shadow):
        assert told(await published(live, "alerts"), BY_USER) == expected
        assert told(await published(in_shadow, "alerts_shadow"), BY_USER) == expected
        assert await published(live, "alerts_shadow") == []
        assert await published(in_shadow, "alerts") == []


async def test_the_same_alerts_stand_in_whatever_order_and_however_often_events_arrive(
    live: Live, topics: Topics
) -> None:
    live.use_rules(**{"paid-and-nothing-back": FALLING})
    events = traffic()
    in_order = backtested(live, events)
    expected = told(in_order, anchored=())
    for seed in range(2):
        alerts = backtested(live, delivered(events, Random(seed)))
        assert told(alerts, anchored=()) == expected
        # The order does matter for what is said on the way there.
        assert told(alerts) != told(in_order)
    in_shadow = await beside(live, topics)
    await live.send(msgspec.to_builtins(event) for event in delivered(events, Random(3)))
    assert told(asked_of_kafka(live), anchored=()) == expected
    async with having_read(live, in_shadow):
        assert told(await published(live, "alerts"), anchored=()) == expected
        assert told(await published(in_shadow, "alerts_shadow"), anchored=()) == expected
