"""A worker that is killed in the middle and started again raises what an undisturbed reading raises."""

import json
from itertools import islice

import msgspec

from detector.embedded import free_port
from detector.replay.backtest import Backtest, standing_ids
from detector.rules.rule_set import rules_in_force
from detector.simulate import Traffic, simulate
from tests.integration.live import INPUTS, Live, alert_ids, eventually

EVENTS = 80_000


def expected_ids(events: list[dict]) -> set[str]:
    """The standing alert ids of a backtest over the events."""
    test = Backtest(rules_in_force([], with_catalogue=True), 600_000, 5_000)
    return standing_ids(test.run(msgspec.json.encode(event) for event in events))


async def test_killed_in_the_middle_it_leaves_the_alerts_of_a_backtest(live: Live) -> None:
    # Given traffic with both frauds in it
    events = [item.event for item in simulate(Traffic(users=3_000, events=EVENTS, seed=7, fraud=0.03))]
    expected = expected_ids(events)
    assert len(expected) >= 50

    # When the worker is killed while it works, and events go on coming
    half = EVENTS // 2
    await live.send(islice(events, half))
    first = live.start()
    try:
        await eventually(lambda: live.stored_offset(*INPUTS), seconds=40, every=0.005)
        first.kill()
        assert 0 < live.stored_offset(*INPUTS) < half
        await live.send(events[half:])
    finally:
        first.kill()
    second = live.start()
    try:
        await second.ready()
        await live.has_drained()
        assert second.stop() == 0
    finally:
        second.kill()

    # Then exactly the same alerts stand, each named by the event that Kafka holds
    records = await live.read("alerts")
    standing, _ = alert_ids(records)
    assert standing == expected
    by_id = {event["event_id"]: event for event in events}
    for record in records:
        alert = json.loads(record.value)
        assert record.key.decode() == alert["entity"]["user_id"]
        assert by_id[alert["anchor"]["event_id"]]["event_time"] == alert["event_time"]
        assert alert["anchor"]["topic"] in live.names.values()
    assert await live.read("dead_letters") == []


async def test_another_worker_takes_over_from_one_that_is_killed(live: Live) -> None:
    # Given two workers that share the partitions
    events = [item.event for item in simulate(Traffic(users=1_000, events=30_000, seed=8, fraud=0.05))]
    expected = expected_ids(events)
    half = len(events) // 2
    await live.send(events[:half])
    first, second = live.start(), live.start(free_port())
    try:
        await first.ready()
        await second.ready()
        await eventually(lambda: second.metric("detector_assigned_partitions") == 2)
        # When one is killed, and events go on coming
        first.kill()
        await live.send(events[half:])
        # Then the other owns all, and nothing is missing or made up
        await eventually(lambda: second.metric("detector_assigned_partitions") == 4, seconds=40)
        await live.has_drained()
        assert second.stop() == 0
    finally:
        for worker in (first, second):
            worker.kill()
    standing, _ = alert_ids(await live.read("alerts"))
    assert standing == expected
