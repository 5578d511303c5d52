"""Alerts that lie on real topics: read from a time on, to the end that there is, and followed."""

import asyncio
import json
import signal
import subprocess
import sys
import time

from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from detector.stream.published import Publications, publications
from tests.integration.alert_records import publish, settings_of, write
from tests.integration.live import Live
from tests.replay.given import alert

NOW = int(time.time() * 1000)
HOUR = 3_600_000


async def read(live: Live, since: int = NOW - HOUR) -> Publications:
    return await publications(settings_of(live), live.names["alerts"], since, {"r", "s"})


def ids(found: Publications) -> list[str]:
    return sorted(one.alert.alert_id for one in found.published)


async def test_the_alerts_of_some_rules_from_a_time_on(live: Live) -> None:
    # Given alerts of several rules, users and times, and records that are none
    users = [{"user_id": f"u{number}"} for number in range(20)]
    await publish(live, "alerts", [(alert(f"old{n}", entity=users[n]), NOW - 2 * HOUR) for n in range(20)])
    await publish(live, "alerts", [(alert(f"new{n}", entity=users[n]), NOW - n) for n in range(20)])
    others = [("s", "other"), ("t", "another's")]
    await publish(live, "alerts", [(alert(name, rule_id=rule), NOW) for rule, name in others])
    await write(live, "alerts", [("u1", b"{}", NOW), ("u1", b"\xff", NOW), ("u1", b"not json", NOW)])
    # Then those of the time and the rules are found, each with the time of its record
    found = await read(live)
    assert ids(found) == sorted([*(f"new{n}" for n in range(20)), "other"])
    assert {one.alert.alert_id: one.at for one in found.published}["new7"] == NOW - 7
    assert found.passed_over == 3
    assert found.is_whole


async def test_a_topic_that_is_empty_or_older_holds_nothing_of_the_time(live: Live) -> None:
    assert await read(live) == Publications([], 0, True)
    await publish(live, "alerts", [(alert("a"), NOW - 2 * HOUR)])
    assert await read(live) == Publications([], 0, True)


async def test_a_topic_whose_oldest_records_are_gone_may_have_held_more_of_the_time(live: Live) -> None:
    await publish(live, "alerts", [(alert(f"a{n}"), NOW - 3 * HOUR + n * HOUR) for n in range(4)])
    ends = {place: end for place, end in (await live.ends("alerts")).items() if end}
    (place,) = ends

    async def forget(first_left: int) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=live.bootstrap)
        await admin.start()
        try:
            await admin.delete_records({place: RecordsToDelete(before_offset=first_left)})
        finally:
            await admin.close()

    # While a record from before the time is there, nothing of it can be gone
    await forget(1)
    found = await read(live, since=NOW - HOUR)
    assert (ids(found), found.is_whole) == (["a2", "a3"], True)
    await forget(2)
    found = await read(live, since=NOW - HOUR)
    assert (ids(found), found.is_whole) == (["a2", "a3"], False)


async def test_tail_follows_the_shadow_topic_from_a_time_on(live: Live) -> None:
    await publish(live, "alerts", [(alert("live"), NOW)])
    await publish(live, "alerts_shadow", [(alert("old"), NOW - 2 * HOUR), (alert("new"), NOW - 1)])
    command = [sys.executable, "-m", "detector", "alerts", "tail", "--shadow", "--since", "1h", "--json"]
    with subprocess.Popen(command, env=live.environment(), stdout=subprocess.PIPE, text=True) as tail:
        assert tail.stdout is not None

        async def next_id() -> str:
            assert tail.stdout is not None
            line = await asyncio.wait_for(asyncio.to_thread(tail.stdout.readline), 20)
            return str(json.loads(line)["alert_id"])

        try:
            assert await next_id() == "new"
            # And what comes from now on, whatever the time of its record
            await publish(live, "alerts_shadow", [(alert("late"), NOW - 3 * HOUR)])
            assert await next_id() == "late"
        finally:
            tail.send_signal(signal.SIGINT)
        assert tail.wait(10) == 0


async def test_tail_says_in_one_line_that_there_is_no_shadow_topic(live: Live) -> None:
    live.names["alerts_shadow"] = "there-is-none"
    done = live.command("alerts", "tail", "--shadow")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "topic there-is-none does not exist, or this user may not describe it\n"
