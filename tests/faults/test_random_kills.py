"""Whenever workers are killed, what stands in the end is what the oracle finds in the log."""

import pytest

from tests.faults.load import load
from tests.faults.oracle import expected
from tests.faults.random_kills import random_kills
from tests.integration.live import Live

EVENTS = 50_000
LOAD = 1


@pytest.mark.parametrize("seed", range(1, 6))
async def test_killed_at_random_times_nothing_is_lost_and_nothing_made_up(live: Live, seed: int) -> None:
    sent = load(LOAD, EVENTS)
    assert sent.frauds >= 0.05 * sent.users
    run = await random_kills(live, seed, sent, expected(LOAD, EVENTS))
    print(run)
    assert run.kills >= 5
    assert run.found.alerts >= 1_000
    assert run.found.holds, run
