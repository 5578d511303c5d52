"""Whatever becomes of Redis, what stands in the end is what the oracle finds in the log."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faults.fleet import Fleet
from tests.faults.proxy import Proxy
from tests.faults.redis_nodes import Node, is_in_step, role, running_cluster, running_node
from tests.faults.under_fault import have_worked_off, under_fault
from tests.integration.live import Live, eventually, live_on
from tests.servers.kafka import RunningKafka
from tests.servers.topics import Topics

PARTITIONS = 4
WENT_BACK = "Redis has lost its last writes"
LOST = "partitions is lost, rebuilding it from the log"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with running_node(tmp_path / "redis") as running:
        yield running


@pytest_asyncio.fixture
async def live(kafka: RunningKafka, node: Node, topics: Topics, tmp_path: Path) -> AsyncIterator[Live]:
    async with live_on(kafka.bootstrap, node.url, topics, tmp_path, PARTITIONS) as found:
        yield found


async def test_a_redis_that_comes_back_without_its_last_second_is_noticed_and_the_log_read_again(
    live: Live, node: Node
) -> None:
    async def killed_and_rewound(fleet: Fleet) -> None:
        before = node.written()
        await have_worked_off(live, 1_000)
        node.kill()
        assert node.rewind(before) > 10_000
        node.start()

    ending = await under_fault(live, killed_and_rewound)

    print(f"killed and rewound: {ending}")
    assert WENT_BACK in ending.logs
    assert LOST not in ending.logs
    assert ending.found.holds, ending


async def test_a_replica_that_takes_over_without_the_last_writes_is_noticed_and_the_log_read_again(
    live: Live, node: Node, tmp_path: Path
) -> None:
    with running_node(tmp_path / "replica") as replica:
        async with Proxy(node.port).running() as front, Proxy(node.port).running() as link:
            replica.run("REPLICAOF", "127.0.0.1", link.port)
            await eventually(lambda: is_in_step(replica))
            live.extra["DETECTOR_REDIS__URL"] = f"redis://127.0.0.1:{front.port}/0"

            async def failed_over(fleet: Fleet) -> None:
                with link.half_open():
                    await have_worked_off(live, 1_000)
                    node.kill()
                    replica.run("REPLICAOF", "NO", "ONE")
                front.server_port, live.redis_url = replica.port, replica.url

            ending = await under_fault(live, failed_over)

    print(f"failed over to a replica that lagged: {ending}")
    assert WENT_BACK in ending.logs
    assert LOST not in ending.logs
    assert ending.found.holds, ending


async def test_a_redis_that_has_lost_everything_is_noticed_and_filled_again_from_the_log(
    live: Live, node: Node
) -> None:
    async def flushed(fleet: Fleet) -> None:
        node.run("FLUSHALL")

    ending = await under_fault(live, flushed)

    print(f"flushed: {ending}")
    # The workers find out while they run, and end; what is started in their place rebuilds.
    assert WENT_BACK in ending.logs
    assert set(ending.exits) == {1}
    assert LOST in ending.logs
    assert ending.found.holds, ending


async def test_faults_of_redis_that_pass_end_no_worker(live: Live, node: Node) -> None:
    async def one_after_another(fleet: Fleet) -> None:
        node.run("SCRIPT", "FLUSH")
        await eventually(lambda: node.errors("NOSCRIPT"))
        await have_worked_off(live, 500)
        node.run("CONFIG", "SET", "maxmemory", "1mb")
        await eventually(lambda: node.errors("OOM") >= 5)
        node.run("CONFIG", "SET", "maxmemory", "0")
        await have_worked_off(live, 500)
        node.run("REPLICAOF", "127.0.0.1", 1)
        await eventually(lambda: node.errors("READONLY") >= 5)
        node.run("REPLICAOF", "NO", "ONE")
        await have_worked_off(live, 500)
        node.kill()
        await asyncio.to_thread(node.start, "--key-load-delay", "300")
        assert node.calls("rejected_calls")

    ending = await under_fault(live, one_after_another, rate=500)

    print(f"faults that pass: {ending}")
    assert ending.exits == []
    assert WENT_BACK not in ending.logs
    assert ending.found.holds, ending


async def test_a_cluster_that_loses_a_master_goes_on_with_its_replica(
    kafka: RunningKafka, topics: Topics, tmp_path: Path
) -> None:
    with running_cluster(tmp_path / "cluster") as nodes:
        first, second, _, replica = nodes

        async def master_killed(fleet: Fleet) -> None:
            first.kill()
            await eventually(lambda: role(replica) == "master")
            first.start()
            await eventually(lambda: role(first) == "slave")

        async with live_on(kafka.bootstrap, second.url, topics, tmp_path, PARTITIONS) as live:
            live.extra["DETECTOR_REDIS__MODE"] = "cluster"
            ending = await under_fault(live, master_killed)
        assert replica.calls()

    print(f"a master of a cluster killed: {ending}")
    assert LOST not in ending.logs
    assert ending.found.holds, ending
