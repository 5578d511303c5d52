"""The commands beside the worker, as a user runs them."""

import asyncio
import json
import signal
import subprocess
import sys
import time

from aiokafka.admin import AIOKafkaAdminClient

from tests.integration.live import Live, Worker, eventually
from tests.servers.topics import Topics

NOW = 1_767_225_600_000


def _debit(number: int) -> dict[str, object]:
    return {
        "event_id": f"e{number}",
        "type": "debit",
        "event_time": NOW + number,
        "user_id": "u1",
        "amount": 900,
        "currency": "CNY",
        "merchant_id": "m1",
        "auth_method": "none",
    }


async def test_topics_are_created_once_and_checked(live: Live) -> None:
    live.names = {role: f"{name}-new" for role, name in live.names.items()}
    missing = live.command("topics", "check")
    assert missing.returncode == 1
    assert f"{live.names['payments']}" in missing.stderr
    made = live.command("topics", "create", "--partitions", "3")
    assert (made.returncode, made.stdout.count("created")) == (0, 7), made.stderr
    again = live.command("topics", "create", "--partitions", "5")
    assert (again.returncode, again.stdout.count("left as it is")) == (0, 7)
    checked = live.command("topics", "check")
    assert checked.returncode == 0, checked.stderr
    assert f"{live.names['payments']}: 3 partitions" in checked.stdout


async def test_an_event_is_sent_when_its_line_is_there(live: Live) -> None:
    command = [sys.executable, "-m", "detector", "send", "-"]
    with subprocess.Popen(command, env=live.environment(), stdin=subprocess.PIPE) as send:
        assert send.stdin is not None
        # Two writes make one line, and the next line is still to come.
        line = json.dumps(_debit(1)).encode() + b"\n"
        for part in (line[:20], line[20:]):
            send.stdin.write(part)
            send.stdin.flush()
        async with asyncio.timeout(20):
            while not await live.end("payments"):
                await asyncio.sleep(0.05)
        send.stdin.write(json.dumps(_debit(2)).encode())
        send.stdin.close()
        assert await asyncio.to_thread(send.wait, 20) == 0
    sent = [json.loads(record.value or b"") for record in await live.read("payments")]
    assert [event["event_id"] for event in sent] == ["e1", "e2"]


async def test_sent_events_reach_the_alert_that_tail_prints(live: Live, worker: Worker) -> None:
    # Given a file with a burst in it, and a line that is no event
    file = live.folder / "events.ndjson"
    lines = [json.dumps(_debit(number)) for number in range(5)]
    file.write_text("\n".join([*lines[:2], '{"event_id": "secret"}', *lines[2:]]) + "\n")

    # When it is sent
    sent = live.command("send", str(file))

    # Then the bad line is named by its number, the others are there
    assert sent.returncode == 1
    assert f"{file}:3: bad_field" in sent.stderr
    assert "5 events sent, 1 lines left out" in sent.stderr
    assert "secret" not in sent.stderr
    await worker.has_processed(5)
    await live.has_drained()

    # And tail prints the alert, and ends with exit code 0 on Ctrl-C
    for arguments, expected in (((), "Burst of no-password debits"), (("--json",), '"alert_id"')):
        command = [sys.executable, "-m", "detector", "alerts", "tail", "--from-beginning", *arguments]
        with subprocess.Popen(command, env=live.environment(), stdout=subprocess.PIPE, text=True) as tail:
            assert tail.stdout is not None
            first = await asyncio.wait_for(asyncio.to_thread(tail.stdout.readline), 20)
            assert expected in first
            tail.send_signal(signal.SIGINT)
            assert tail.wait(10) == 0


async def test_a_stopped_worker_leaves_the_group_so_the_next_starts_at_once(live: Live) -> None:
    first = live.start()
    await first.ready()
    assert first.stop() == 0
    begun = time.monotonic()
    second = live.start()
    try:
        await second.ready()
        # A member that had not left would be waited for as long as the session lasts, 6 s and more.
        assert time.monotonic() - begun < 6
        assert second.get("/livez") is not None
        await eventually(lambda: second.metric("detector_assigned_partitions") == 4)
    finally:
        second.kill()


async def test_a_worker_whose_alerts_cannot_be_published_ends_and_loses_none(
    live: Live, worker: Worker, topics: Topics
) -> None:
    # Given a worker whose alert topic is taken away
    admin = AIOKafkaAdminClient(bootstrap_servers=live.bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([live.names["alerts"]])
    finally:
        await admin.close()
    # When a burst comes, then it ends with an error instead of going on without a voice
    await live.send(_debit(number) for number in range(5))
    await eventually(lambda: worker.process.poll() is not None, 60)
    assert worker.process.returncode == 1
    # And the next worker, with a topic to write to, says what was left in the outbox
    live.names["alerts"] = await topics("alerts", partitions=4)
    second = live.start()
    try:
        await second.ready()
        await live.has_drained()
        assert len(await live.read("alerts")) == 1
    finally:
        second.kill()
