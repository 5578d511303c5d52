"""The input topics as recorded events: what a backtest reads of them is what the worker saw."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from detector.cli.recorded import recorded
from detector.config import Settings, load_settings
from detector.core.alert import Alert
from detector.core.events import Reason
from detector.replay.backtest import standing_ids
from detector.replay.recorded.batch import Batch
from detector.replay.run.backtest import Means, run
from detector.replay.run.limits import Limits
from detector.replay.run.rule_set import RuleSet
from detector.replay.summary import Summary
from detector.rules.rule_set import rules_in_force
from detector.simulate import Traffic, simulate
from tests.integration.live import Live, alert_ids

MINUTE = 60_000


def settings_of(live: Live) -> Settings:
    return load_settings(None, {"kafka": {"bootstrap_servers": live.bootstrap}, "topics": dict(live.names)})


def traffic(events: int) -> list[dict[str, Any]]:
    return [dict(one.event) for one in simulate(Traffic(users=300, events=events, seed=7, fraud=0.03))]


def debit(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "event_id": f"e{number}",
        "type": "debit",
        "event_time": 1_767_225_600_000 + number,
        "user_id": "u1",
        "amount": 900,
        "currency": "CNY",
        "merchant_id": "m1",
        "auth_method": "none",
    } | fields


async def read(live: Live, since: str | None = None, until: str | None = None) -> list[Batch]:
    """What is there, read as a command does it; how much it is was told before."""

    def in_a_thread() -> list[Batch]:
        with recorded(settings_of(live), [], True, since, until) as found:
            assert found.parts == ()
            batches = list(found.stream or ())
        assert sum(batch.size for batch in batches) == found.total
        return batches

    return await asyncio.to_thread(in_a_thread)


def event_ids(batches: Iterable[Batch]) -> list[str]:
    return [json.loads(line)["event_id"] for batch in batches for line in batch.lines]


def backtest(live: Live) -> tuple[list[Alert], Summary]:
    """What the shipped rules say of what is there."""
    settings = settings_of(live)
    rules = RuleSet("candidate", tuple(rules_in_force([], with_catalogue=True)))
    means = Means(workers=2, limits=Limits(piece=500_000, small=1))
    with (
        recorded(settings, [], True, None, None) as found,
        run(found, [rules], settings.state, {}, means=means) as result,
    ):
        return list(result.alerts("candidate")), result.summary


async def groups(live: Live) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=live.bootstrap)
    await admin.start()
    try:
        return {name for name, _ in await admin.list_consumer_groups()}
    finally:
        await admin.close()


async def test_a_backtest_from_kafka_says_what_the_worker_published(live: Live) -> None:
    # Given a worker that was down while traffic came, and records that are no events
    events = traffic(10_000)
    payments = live.names["payments"]
    far_ahead = debit(1, event_time=int(time.time() * 1000) + 60 * MINUTE)
    bad = [
        (payments, b"u1", None),
        (payments, b"u1", b"{"),
        (payments, b"u1", b"  "),
        (payments, b"u2", json.dumps(debit(2)).encode()),
        (payments, b"u1", json.dumps(far_ahead).encode()),
        (payments, b"u1", b'{"event_id": "\n"}'),
    ]
    await live.send(events)
    await live.send_records(bad)
    worker = live.start()
    try:
        await worker.has_processed(len(events) + len(bad))
        await live.has_drained()
    finally:
        worker.kill()
    known = await groups(live)

    # When a backtest reads the topics
    alerts, summary = await asyncio.to_thread(backtest, live)

    # Then it raises the same alerts
    standing, _ = alert_ids(await live.read("alerts"))
    assert standing_ids(alerts) == standing
    assert len(standing) > 10
    # And refuses the same records for the same reasons
    letters = [dict(record.headers)["detector.reason"].decode() for record in await live.read("dead_letters")]
    assert summary.refused == Counter(map(Reason, letters))
    assert len(letters) == len(bad)
    assert summary.events == len(events) + len(bad)
    # And no group has come to be known by it
    assert await groups(live) == known


async def test_an_event_that_is_written_over_several_lines_is_one_line(live: Live) -> None:
    await live.send_records([(live.names["payments"], b"u1", json.dumps(debit(1), indent=2).encode())])
    [line] = [line for batch in await read(live) for line in batch.lines]
    assert b"\n" not in line
    assert json.loads(line) == debit(1)


async def test_records_of_a_time_are_read_and_no_others(live: Live) -> None:
    at = int(time.time() * 1000) - 3_600_000
    producer = AIOKafkaProducer(bootstrap_servers=live.bootstrap)
    await producer.start()
    try:
        for number in range(6):
            await producer.send_and_wait(
                live.names["payments"],
                json.dumps(debit(number)).encode(),
                b"u1",
                timestamp_ms=at + number * 10 * MINUTE,
            )
    finally:
        await producer.stop()
    assert event_ids(await read(live, "45m")) == ["e2", "e3", "e4", "e5"]
    assert event_ids(await read(live, "45m", "25m")) == ["e2", "e3"]
    assert event_ids(await read(live, None, "55m")) == ["e0"]
    assert event_ids(await read(live, "5m")) == []


async def test_topics_and_partitions_come_together_by_event_time(live: Live) -> None:
    # Given two topics, one written after the other, whose events alternate over hours, of several users
    events = [
        debit(number, user_id=f"u{number % 7}", event_time=number * MINUTE)
        if number % 2
        else {
            "event_id": f"e{number}",
            "type": "device_bound",
            "event_time": number * MINUTE,
            "user_id": f"u{number % 7}",
        }
        for number in range(600)
    ]
    await live.send(sorted(events, key=lambda event: str(event["type"])))
    # Then none comes half the allowed lateness behind another
    numbers = [int(event_id[1:]) for event_id in event_ids(await read(live))]
    assert sorted(numbers) == list(range(600))
    newest = -1
    for number in numbers:
        assert number > newest - 6
        newest = max(newest, number)


async def test_what_is_written_meanwhile_is_not_waited_for(live: Live) -> None:
    await live.send([debit(1)])

    def in_a_thread() -> list[str]:
        with recorded(settings_of(live), [], True, None, None) as found:
            asyncio.run(live.send([debit(2)]))
            return event_ids(found.stream or ())

    assert await asyncio.to_thread(in_a_thread) == ["e1"]


async def test_it_is_said_where_a_part_of_the_time_is_gone(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    await live.send([debit(number) for number in range(5)])
    assert event_ids(await read(live)) == [f"e{number}" for number in range(5)]
    assert capsys.readouterr().err == ""
    admin = AIOKafkaAdminClient(bootstrap_servers=live.bootstrap)
    await admin.start()
    try:
        ends = await live.ends("payments")
        [place] = [place for place, end in ends.items() if end]
        await admin.delete_records({TopicPartition(*place): RecordsToDelete(before_offset=3)})
    finally:
        await admin.close()
    assert event_ids(await read(live, "1h")) == ["e3", "e4"]
    said = capsys.readouterr().err
    assert said.startswith(f"{live.names['payments']}: the log begins at 20")
    assert said.endswith("UTC, what came before is gone\n")


async def test_a_reader_that_stops_early_leaves_kafka_in_order(live: Live) -> None:
    await live.send([debit(number) for number in range(5)])

    def in_a_thread() -> Batch:
        with recorded(settings_of(live), [], True, None, None) as found:
            return next(iter(found.stream or ()))

    assert (await asyncio.to_thread(in_a_thread)).lines


async def test_who_is_interrupted_while_waiting_for_records_leaves_in_order(live: Live) -> None:
    # Given a reader in a process of its own, which waits for records that are not given
    await live.send([debit(1)])
    reader = """
import asyncio, signal, sys
from aiokafka import AIOKafkaConsumer
from detector.cli.recorded import recorded
from detector.config import load_settings

async def nothing(self, **_):
    await asyncio.sleep(0.05)
    print("waiting", flush=True)
    await asyncio.sleep(1000)

AIOKafkaConsumer.getmany = nothing
signal.signal(signal.SIGTERM, signal.default_int_handler)
try:
    with recorded(load_settings(None, {}), [], True, None, None) as found:
        list(found.stream)
except KeyboardInterrupt:
    print("left")
"""
    for number in (signal.SIGTERM, signal.SIGINT):
        command = [sys.executable, "-X", "dev", "-c", reader]
        with subprocess.Popen(
            command, env=live.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert await asyncio.to_thread(process.stdout.readline) == "waiting\n"
            # When it is told to stop
            process.send_signal(number)
            out, err = await asyncio.to_thread(process.communicate, timeout=20)
        # Then it ends, and nothing was left open
        assert (process.returncode, out) == (0, "left\n")
        assert "Unclosed" not in err and "never retrieved" not in err and "Traceback" not in err, err
