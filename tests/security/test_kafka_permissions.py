"""Kafka's shipped permissions: the job needs each of them, and says which one is missing."""

import asyncio
from pathlib import Path

import pytest

from detector.cli.recorded import recorded
from detector.config import load_settings
from detector.replay.recorded.batch import RecordedError
from detector.stream.checks import StartRefused, worker_checks
from tests.integration.archiving import Archiving
from tests.integration.live import Live, eventually
from tests.security.events import WATCHED, events
from tests.security.platform import (
    ANALYST,
    ARCHIVE,
    AUTHOR,
    OPERATOR,
    TOPICS,
    WORKER,
    Permission,
    Platform,
    permissions_of,
    signed_in,
)
from tests.servers.postgres import RunningPostgres

MAY_NOT = {
    ("topic", "Read"): "read topic",
    ("topic", "Write"): "write topic",
    ("group", "Read"): "use the consumer group",
}
NOT_JSON = ("payments", b"u1", b"{")


@pytest.fixture
def topics(platform: Platform) -> None:
    platform.empty_topics()


async def test_what_is_granted_is_enough_to_start(platform: Platform, topics: None) -> None:
    await worker_checks(platform.settings())


@pytest.mark.parametrize("permission", permissions_of(WORKER), ids=str)
async def test_a_worker_without_one_does_not_start_and_names_it(
    platform: Platform, topics: None, permission: Permission
) -> None:
    with platform.without(permission), pytest.raises(StartRefused) as caught:
        await worker_checks(platform.settings())
    assert str(caught.value) == (
        f"this user may not {MAY_NOT[permission.resource, permission.operation]} {permission.name}: "
        f"grant it the ACL operation {permission.operation} on that {permission.resource}"
    )


@pytest.mark.parametrize("permission", permissions_of(WORKER), ids=str)
async def test_a_worker_that_loses_one_ends_and_names_what_it_is_for(
    platform: Platform, live: Live, permission: Permission
) -> None:
    live.use_rules(watched=WATCHED)
    worker = live.start()
    try:
        await worker.ready()
        with platform.without(permission):
            await live.send(events())
            await live.send_records([NOT_JSON])
            # Up to 20 s of it are its attempt to stop in order.
            code = await eventually(worker.process.poll, seconds=45)
    finally:
        worker.kill()
    assert code == 1
    last = worker.log.read_text().splitlines()[-1]
    assert last.startswith("Kafka takes back what it allowed this user, the next start says what: ")
    assert last.endswith(f" {permission.name}")


@pytest.mark.parametrize("permission", permissions_of(ARCHIVE), ids=str)
def test_the_archive_names_the_permission_that_it_lacks(
    platform: Platform, live: Live, postgres: RunningPostgres, tmp_path: Path, permission: Permission
) -> None:
    Archiving(live, postgres, group=ARCHIVE)
    live.extra |= signed_in(ARCHIVE, tmp_path)
    with platform.without(permission):
        done = live.command("archive")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    kind = "use the consumer group" if permission.resource == "group" else "read topic"
    assert last.startswith(f"this user may not {kind} {permission.name}: grant it the ACL operation Read")


@pytest.mark.parametrize(
    ("topic", "command"),
    [
        (TOPICS.alerts, ("alerts", "tail", "--from-beginning")),
        (TOPICS.alerts_shadow, ("alerts", "tail", "--shadow", "--since", "1h")),
        (TOPICS.alerts, ("rules", "diff-live")),
        (TOPICS.alerts_shadow, ("rules", "diff-live")),
    ],
)
async def test_an_analyst_may_read_alerts_and_needs_the_permission(
    platform: Platform, live: Live, tmp_path: Path, topic: str, command: tuple[str, ...]
) -> None:
    live.use_rules(watched=WATCHED)
    live.extra |= signed_in(ANALYST, tmp_path)
    [permission] = [one for one in permissions_of(ANALYST) if one.name == topic]
    with platform.without(permission):
        done = live.command(*command)
    assert (done.returncode, done.stderr) == (
        1,
        f"topic {topic} does not exist, or this user may not describe it\n",
    )


async def test_a_rule_author_reads_the_inputs_and_needs_each_permission(
    platform: Platform, live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await live.send(events())
    live.extra |= signed_in(AUTHOR, tmp_path)
    for name, value in live.environment().items():
        monkeypatch.setenv(name, value)
    settings = load_settings(None, {})

    def lines() -> int:
        with recorded(settings, [], True, None, None) as found:
            return sum(len(batch.lines) for batch in found.stream or ())

    assert await asyncio.to_thread(lines) == len(events())
    assert [permission.name for permission in permissions_of(AUTHOR)] == list(TOPICS.inputs)
    for permission in permissions_of(AUTHOR):
        said = f"^topic {permission.name} does not exist, or this user may not describe it$"
        with platform.without(permission), pytest.raises(RecordedError, match=said):
            await asyncio.to_thread(lines)


async def test_an_operator_puts_dead_letters_back_and_needs_each_permission(
    platform: Platform, live: Live, tmp_path: Path
) -> None:
    # Given a dead letter of each input
    worker = live.start()
    try:
        await worker.ready()
        await live.send_records([(topic, b"u1", b"{") for topic in TOPICS.inputs])
        await live.has_drained()
    finally:
        worker.kill()
    live.extra |= signed_in(OPERATOR, tmp_path)

    def replay(topic: str) -> tuple[int, str]:
        done = live.command("dead-letters", "replay", "--topic", topic, "--reason", "not_json")
        return done.returncode, done.stderr

    # Then all can be put back, and none without its permission
    for topic in TOPICS.inputs:
        assert replay(topic) == (0, f"{topic}, not_json: 1 dead letter put back\n")
    for permission in permissions_of(OPERATOR):
        topic = permission.name if permission.operation == "Write" else TOPICS.payments
        with platform.without(permission):
            code, said = replay(topic)
        assert code == 1
        assert permission.name in said.splitlines()[-1]
