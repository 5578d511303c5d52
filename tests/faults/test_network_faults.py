"""Whatever the network does to workers, what stands in the end is what the oracle finds in the log."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from detector.embedded import free_port
from tests.faults.fleet import Fleet
from tests.faults.proxy import Proxy
from tests.faults.under_fault import have_worked_off, under_fault
from tests.integration.live import Live, eventually, live_on
from tests.servers.kafka import kafka_from_jars
from tests.servers.topics import Topics

PARTITIONS = 4
SEED = 1
OUTAGE_S = 5.0


@pytest.fixture(scope="module")
def proxied_kafka() -> Iterator[tuple[str, int, int]]:
    """A broker's address; the port of its second listener, and the port at which that claims to be."""
    own, proxy = free_port(), free_port()
    with kafka_from_jars(proxied=(own, proxy)) as bootstrap:
        yield bootstrap, own, proxy


@asynccontextmanager
async def behind_a_proxy(
    server: str, redis_url: str, kafka: tuple[str, int, int], folder: Path
) -> AsyncIterator[tuple[Live, Proxy]]:
    """A detector whose workers, and nobody else, reach one of their servers through a proxy."""
    bootstrap, kafka_port, kafka_proxy = kafka
    redis_port = int(redis_url.rpartition(":")[2].partition("/")[0])
    at = (redis_port, 0) if server == "redis" else (kafka_port, kafka_proxy)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    topics = Topics(admin)
    try:
        async with (
            Proxy(*at, seed=SEED).running() as proxy,
            live_on(bootstrap, redis_url, topics, folder, PARTITIONS) as live,
        ):
            address = f"127.0.0.1:{proxy.port}"
            live.extra |= (
                {"DETECTOR_REDIS__URL": f"redis://{address}"}
                if server == "redis"
                else {"DETECTOR_KAFKA__BOOTSTRAP_SERVERS": address}
            )
            yield live, proxy
            await topics.delete_all()
    finally:
        await admin.close()


@pytest.mark.parametrize("server", ["redis", "kafka"])
async def test_a_server_that_is_far_away_or_cut_off_or_silent_costs_time_alone(
    server: str, redis_url: str, proxied_kafka: tuple[str, int, int], tmp_path: Path
) -> None:
    async with behind_a_proxy(server, redis_url, proxied_kafka, tmp_path) as (live, proxy):

        async def away(fleet: Fleet) -> None:
            with proxy.delaying(0.5):
                await have_worked_off(live, 500)
            with proxy.cut():
                await asyncio.sleep(OUTAGE_S)
            await have_worked_off(live, 500)
            with proxy.half_open():
                await asyncio.sleep(OUTAGE_S)

        ending = await under_fault(live, away, rate=500)

    print(f"{server} far, cut off and silent: {ending}")
    assert proxy.refused >= 5
    assert proxy.swallowed >= 5
    assert ending.found.holds, ending


async def test_commits_whose_replies_are_lost_or_torn_again_and_again_are_applied_once(
    redis_url: str, proxied_kafka: tuple[str, int, int], tmp_path: Path
) -> None:
    async with behind_a_proxy("redis", redis_url, proxied_kafka, tmp_path) as (live, proxy):

        async def lossy(fleet: Fleet) -> None:
            with proxy.losing(0.1), proxy.tearing(0.1):
                await eventually(lambda: proxy.lost >= 15 and proxy.torn >= 15, seconds=60)
                await eventually(lambda: _applied_already(fleet) >= 3, seconds=60)

        ending = await under_fault(live, lossy, rate=500)

    print(f"seed {SEED}, Redis: {proxy.lost} replies lost, {proxy.torn} torn: {ending}")
    assert ending.exits == []
    assert ending.found.holds, ending


async def test_answers_of_kafka_that_are_lost_or_torn_again_and_again_change_nothing(
    redis_url: str, proxied_kafka: tuple[str, int, int], tmp_path: Path
) -> None:
    async with behind_a_proxy("kafka", redis_url, proxied_kafka, tmp_path) as (live, proxy):

        async def lossy(fleet: Fleet) -> None:
            # A connection to Kafka answers many times where one to Redis answers once.
            with proxy.losing(0.02), proxy.tearing(0.02):
                await eventually(lambda: proxy.lost >= 15 and proxy.torn >= 15, seconds=60)

        ending = await under_fault(live, lossy, rate=500)

    print(f"seed {SEED}, Kafka: {proxy.lost} replies lost, {proxy.torn} torn: {ending}")
    assert ending.found.holds, ending


def _applied_already(fleet: Fleet) -> float:
    """How many commits the workers have sent again that had been applied."""
    name = "detector_state_commits_total"
    return sum(worker.metric(name, outcome="already_applied") for worker in fleet.workers)
