"""With `redis.key_secret` the worker decides the same, and no name of a key in Redis holds an id."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio

from tests.integration.live import Live, alert_ids, live_on
from tests.security.canaries import MERCHANT, People, canary, ended, leaks
from tests.servers.kafka import RunningKafka
from tests.servers.topics import Topics

SECRET = "0123456789abcdef" * 2
ENVIRONMENT = "DETECTOR_REDIS__KEY_SECRET"
BY_MERCHANT = """
id: five-debits
by: merchant_id
window: {event: debit, within: 1h}
when: {count: {gte: 5}}
tests:
  - name: the fifth fires
    events: [{at: 0s, type: debit, merchant_id: m1, repeat: 5, every: 1m}]
    alerts: [{at: 4m}]
"""


@pytest_asyncio.fixture
async def lives(
    kafka: RunningKafka, redis_url: str, topics: Topics, tmp_path: Path
) -> AsyncIterator[list[Live]]:
    """Two detectors: the second names its keys with a secret."""
    async with AsyncExitStack() as stack:
        found = []
        for name in ("plain", "hidden"):
            folder = tmp_path / name
            folder.mkdir()
            live = await stack.enter_async_context(live_on(kafka.bootstrap, redis_url, topics, folder))
            live.use_rules(**{"five-debits": BY_MERCHANT})
            found.append(live)
        found[1].extra[ENVIRONMENT] = SECRET
        yield found


async def test_the_same_alerts_and_no_id_among_the_names_of_keys(lives: list[Live]) -> None:
    # Given a burst, of which a worker sees the beginning and the next one, from what is stored, the end
    debits = People().burst()[:5]
    standing = []
    for live in lives:
        for part in (debits[:3], debits[3:]):
            with ended(live.start()) as worker:
                await worker.ready()
                await live.send(part)
                await live.has_drained()
                assert worker.stop() == 0
        standing.append(alert_ids(await live.read("alerts"))[0])

    # Then both tell of the user and of the merchant
    plain, hidden = standing
    assert plain == hidden and len(plain) >= 2

    # And only one names them in Redis
    named, unnamed = [b"\n".join(live.state().scan_iter(f"{live.prefix}:*")).decode() for live in lives]
    assert canary("user") in named and f":m:{MERCHANT}" in named
    assert leaks(unnamed) == [] and MERCHANT not in unnamed
    assert len(unnamed.splitlines()) == len(named.splitlines())


async def test_a_worker_with_another_secret_does_not_start(lives: list[Live]) -> None:
    live = lives[1]
    with ended(live.start()) as worker:
        await worker.ready()
        assert worker.stop() == 0
    live.extra[ENVIRONMENT] = SECRET[::-1]
    refused = live.command("run")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1), refused.stderr
    assert "another redis.key_secret" in refused.stderr
    assert SECRET[::-1] not in refused.stderr
