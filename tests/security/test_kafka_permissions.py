"""Kafka's shipped permissions: the job needs each of them, and says which one is missing."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from tests.integration.live import Live, eventually
from tests.security.platform import (
    ANALYST,
    ARCHIVE,
    TOPICS,
    WORKER,
    Permission,
    Platform,
    permissions_of,
    signed_in,
)

WATCHED = """
id: watched
by: user_id
mode: shadow
window: {event: debit, within: 10m}
when: {count: {gte: 1}}
"""
NOT_JSON = ("payments", b"u1", b"{")


def burst(user: str) -> list[dict[str, Any]]:
    """Debits that raise a live alert, and one in shadow, and that rules by merchant can use."""
    began = int(time.time() * 1000) - 60_000
    return [
        {
            "event_id": f"{user}-{number}",
            "type": "debit",
            "event_time": began + number,
            "user_id": user,
            "amount": 900,
            "currency": "CNY",
            "merchant_id": "m1",
            "auth_method": "none",
        }
        for number in range(5)
    ]


@pytest.mark.parametrize("permission", permissions_of(WORKER), ids=str)
async def test_a_worker_without_one_does_not_start_and_names_it(
    platform: Platform, live: Live, permission: Permission
) -> None:
    with platform.without(permission):
        done = live.command("run")
    assert done.returncode == 1
    what = f"{permission.operation} on that {permission.resource}"
    assert done.stderr.splitlines() == [
        f"this user may not {VERBS[permission.resource, permission.operation]} {permission.name}: "
        f"grant it the ACL operation {what}"
    ]


VERBS = {
    ("topic", "Read"): "read topic",
    ("topic", "Write"): "write topic",
    ("group", "Read"): "use the consumer group",
}


@pytest.mark.parametrize("permission", permissions_of(WORKER), ids=str)
async def test_a_worker_that_loses_one_ends_and_names_what_it_is_for(
    platform: Platform, live: Live, permission: Permission
) -> None:
    live.use_rules(watched=WATCHED)
    worker = live.start()
    try:
        await worker.ready()
        with platform.without(permission):
            await live.send(burst("u1"))
            await live.send_records([NOT_JSON])
            code = await eventually(worker.process.poll, seconds=20)
    finally:
        worker.kill()
    assert code == 1
    last = worker.log.read_text().splitlines()[-1]
    assert last.startswith("Kafka takes back what it allowed this user, the next start says what: ")
    assert last.endswith(f" {permission.name}")


async def archived(platform: Platform) -> None:
    """Read both alert topics as the archive does, and commit."""
    consumer = AIOKafkaConsumer(
        TOPICS.alerts,
        TOPICS.alerts_shadow,
        bootstrap_servers=platform.kafka.bootstrap,
        group_id=ARCHIVE,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **platform.kafka.aiokafka(ARCHIVE),
    )
    await consumer.start()
    try:
        seen: set[str] = set()
        async with asyncio.timeout(20):
            while seen < {TOPICS.alerts, TOPICS.alerts_shadow}:
                seen |= {place.topic for place in await consumer.getmany(timeout_ms=200)}
        await consumer.commit()
    finally:
        await consumer.stop()


async def test_the_archive_may_read_all_alerts_and_needs_each_permission(
    platform: Platform, live: Live
) -> None:
    await live.send_records([(topic, b"u1", b"{}") for topic in (TOPICS.alerts, TOPICS.alerts_shadow)])
    await archived(platform)
    refusals = (TopicAuthorizationFailedError, GroupAuthorizationFailedError)
    for permission in permissions_of(ARCHIVE):
        with platform.without(permission), pytest.raises(refusals, match=permission.name):
            await archived(platform)


async def test_an_analyst_may_follow_the_alerts_and_needs_the_permission(
    platform: Platform, live: Live, tmp_path: Path
) -> None:
    live.extra |= signed_in(ANALYST, tmp_path)
    [permission] = permissions_of(ANALYST)
    with platform.without(permission):
        done = live.command("alerts", "tail", "--from-beginning")
    assert (done.returncode, done.stderr) == (
        1,
        f"topic {TOPICS.alerts} does not exist, or this user may not describe it\n",
    )
