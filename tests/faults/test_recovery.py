"""What is behind, in disorder, or by a wrong clock, ends as if it had been read in order and in time."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from detector.embedded import free_port
from tests.faults.disorder import disordered, tardy
from tests.faults.load import DENSE, SMALL, Load, load
from tests.faults.oracle import RULES, expected
from tests.faults.platform import Platform, platform
from tests.faults.settling import settled
from tests.faults.verdict import Verdict
from tests.integration.live import INPUTS, Live, Worker

SEED = 1
HOUR_S = 3_600


@asynccontextmanager
async def working(live: Live, *skews_s: int) -> AsyncIterator[list[Worker]]:
    """Workers, one for each skew of its clock; none of them may end by itself."""
    live.extra["DETECTOR_RULES__DIRS"] = str(RULES)
    workers = [
        live.start(free_port(), "tests.faults.skewed_clock", FAULT_SKEW_S=str(skew)) for skew in skews_s
    ]
    try:
        yield workers
        assert all(worker.process.poll() is None for worker in workers)
    finally:
        for worker in workers:
            worker.kill()


async def judged(live: Live, sender: Platform, sent: Load, of: tuple[float, ...] = SMALL) -> Verdict:
    found = await settled(live, sent, expected(*of))
    assert found.alerts >= 150
    return found


def late(workers: list[Worker], *topics: str, **labels: str) -> float:
    return sum(
        worker.metric("detector_late_events_total", topic=topic, **labels)
        for worker in workers
        for topic in topics
    )


async def test_the_clocks_of_the_workers_change_no_alert(live: Live) -> None:
    # Given a worker whose clock is an hour ahead, and one whose clock is an hour behind
    sent = load(*DENSE)
    async with working(live, HOUR_S, -HOUR_S) as workers, platform(live) as sender:
        for worker in workers:
            await worker.ready()
        await sender.spread(sent.events, 8.0)
        found = await judged(live, sender, sent, DENSE)
        assert all(worker.metric("detector_events_total", outcome="accepted") > 0 for worker in workers)
    assert found.holds, found
    # And the clocks were indeed wrong
    ahead = [alert["detected_at"] / 1_000 - time.time() for alert in await _alerts(live)]
    assert {round(seconds / HOUR_S) for seconds in ahead} == {1, -1}


@pytest.mark.parametrize("number", [1, 2])
async def test_after_an_outage_the_backlog_leads_to_the_same_alerts_and_none_comes_late(
    live: Live, number: int
) -> None:
    # Given workers that were all killed, and hours of events on all topics since
    sent = load(*SMALL)
    before = len(sent.events) // 3
    async with platform(live) as sender:
        async with working(live, *[0] * number) as workers:
            await sender.spread(sent.events[:before], 4.0)
            await live.has_drained()
        missed = sent.events[before:]
        assert missed[-1]["event_time"] - missed[0]["event_time"] >= HOUR_S * 1_000
        for role in INPUTS:
            topic = live.names[role]
            backlog = [event for event in missed if live.topic(event["type"]) == topic]
            assert backlog
            await sender.send(backlog)
        # When they are started again
        async with working(live, *[0] * number) as workers:
            found = await judged(live, sender, sent)
            late_by_user = late(workers, *(live.names[role] for role in INPUTS))
            late_by_merchant = late(workers, live.names["by_merchant"])
    print(f"{number} workers: {late_by_merchant:.0f} events late by merchant: {found}")
    # Then the same alerts stand, and by user no event was taken for a late one
    assert found.holds, found
    assert late_by_user == 0
    # Two that start at once know nothing of each other in their first round: all that this backlog is.
    if number == 1:
        assert late_by_merchant == 0
        assert not [alert for alert in await _alerts(live) if alert["late"]]


async def test_duplicates_and_disorder_within_the_allowed_lateness_change_nothing(live: Live) -> None:
    # Given events out of order, five in a hundred twice, and ten users with a late event and one too late
    sent = load(*SMALL)
    arriving = disordered(sent.events, SEED)
    twice = len(arriving) - len({event["event_id"] for event in arriving})
    assert twice >= 0.05 * (len(arriving) - twice)
    async with platform(live) as sender:
        await sender.send(arriving)
        await sender.send(tardy(10, sent.events[-1]["event_time"]))
        # When a worker reads them
        async with working(live, 0) as workers:
            found = await judged(live, sender, sent)
            inputs = [live.names[role] for role in INPUTS]
            accepted = late(workers, *inputs, outcome="accepted")
            too_late = late(workers, *inputs, outcome="too_late")
            merchants = late(workers, live.names["by_merchant"])
            duplicates = sum(
                worker.metric("detector_duplicates_total", topic=topic)
                for worker in workers
                for topic in inputs
            )
    # Then the alerts are those of the sorted order, and what was late or twice is counted, and nothing else
    print(f"seed {SEED}: {twice} duplicates, {found.withdrawn} alerts withdrawn: {found}")
    assert duplicates == twice
    assert (accepted, too_late, merchants) == (10, 10, 0)
    letters = await live.read("dead_letters")
    assert {dict(letter.headers)["detector.reason"] for letter in letters} == {b"too_late"}
    found.dead_letters -= 10
    # What was measured at an anchor may have been said before a late event came; that it is one still holds.
    named = {alert["alert_id"]: alert["anchor"]["event_id"] for alert in await _alerts(live)}
    assert all(event in expected(*SMALL).anchors[alert_id] for alert_id, event in named.items())
    found.untrue.clear()
    assert found.holds, found


async def _alerts(live: Live) -> list[dict[str, Any]]:
    """What was published, in the order of revisions."""
    published = [json.loads(one.value) for one in await live.read("alerts")]
    return sorted(published, key=lambda alert: alert["revision"])
