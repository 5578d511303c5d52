"""Brokers fail while events come: what stands in the end is what the oracle finds in the log."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from tests.faults.broker_faults import all_gone, broker_faults, detector_on, one_after_the_other, one_killed
from tests.faults.kafka_cluster import Cluster, comes_true, running_cluster
from tests.faults.load import DENSE, load
from tests.faults.oracle import expected
from tests.faults.storm import storm
from tests.integration.live import INPUTS, Live, eventually

RECOVERY_S = 60.0
STANDSTILL_S = 30.0
GROWTH_SEEN_S = 45.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster(3) as running:
        yield running


@pytest.fixture
def lone_broker() -> Iterator[Cluster]:
    with running_cluster(1) as running:
        yield running


async def test_brokers_of_a_cluster_fail_one_by_one_and_all_at_once(
    cluster: Cluster, redis_url: str, tmp_path: Path
) -> None:
    await comes_true(cluster.is_whole)
    faults = {"one killed": one_killed, "a rolling restart": one_after_the_other, "all down": all_gone(10)}
    async with detector_on(cluster, redis_url, tmp_path) as live:
        run = await broker_faults(live, cluster, 1, load(*DENSE), expected(*DENSE), faults)
    print(run)
    assert run.found.alerts >= 150
    assert run.found.holds, run
    assert max(run.recovered.values()) <= RECOVERY_S


async def test_the_only_broker_is_killed_and_started_again(
    lone_broker: Cluster, redis_url: str, tmp_path: Path
) -> None:
    await comes_true(lone_broker.is_whole)
    async with detector_on(lone_broker, redis_url, tmp_path) as live:
        sent, awaited = load(*DENSE), expected(*DENSE)
        run = await broker_faults(live, lone_broker, 1, sent, awaited, {"killed": one_killed})
        print(run)
    assert run.found.alerts >= 150
    assert run.found.holds, run
    assert max(run.recovered.values()) <= RECOVERY_S


async def test_no_partition_stands_still_for_long_in_a_storm_of_rebalances_and_after_a_kill(
    live: Live,
) -> None:
    run = await storm(live, 1, load(*DENSE), expected(*DENSE), seconds=24)
    print(run)
    assert run.changes >= 5
    assert run.after_the_storm <= STANDSTILL_S
    assert run.after_a_kill <= STANDSTILL_S
    assert run.found.alerts >= 150
    assert run.found.holds, run


async def test_more_partitions_are_refused_by_workers_that_run_and_at_the_start(live: Live) -> None:
    # Given a worker that has a state, when all topics are given more partitions
    worker = live.start()
    try:
        await worker.ready()
        await _grow(live, live.partitions + 4)
        # Then it ends, with one line that names both numbers and the ways out
        await eventually(lambda: worker.process.poll() is not None, GROWTH_SEEN_S)
    finally:
        worker.kill()
    assert worker.process.returncode == 1
    _names_the_way_out(worker.log.read_text().splitlines()[-1], live.partitions)
    # And no other starts
    refused = live.command("run")
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    _names_the_way_out(line, live.partitions)


async def _grow(live: Live, partitions: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=live.bootstrap)
    await admin.start()
    try:
        roles = (*INPUTS, "by_merchant")
        await admin.create_partitions({live.names[role]: NewPartitions(partitions) for role in roles})
    finally:
        await admin.close()


def _names_the_way_out(line: str, partitions: int) -> None:
    assert f"the topics have {partitions + 4} partitions, but the state was written for {partitions}" in line
    assert f"give the topics {partitions} partitions again, or use another Redis key prefix" in line
