"""`detector dead-letters`, on dead letters that a worker has put aside."""

import json
import time
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord

from tests.integration.live import Live, Worker
from tests.stream.given import TRACE

HEADERS = [("traceparent", TRACE), ("__connect.errors.topic", b"another's"), ("empty", b"")]
SECRET = "6222021234567890"


def _debit(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "event_id": f"e{number}",
        "type": "debit",
        "event_time": int(time.time() * 1000),
        "user_id": "u1",
        "card_id": SECRET,
        "amount": 900,
        "currency": "CNY",
        "merchant_id": "m1",
        "auth_method": "none",
    } | fields


async def _refused(live: Live, worker: Worker, *values: bytes | None, topic: str = "payments") -> None:
    before = len(await live.read("dead_letters"))
    await live.send_records([(live.names[topic], b"u1", value) for value in values], headers=HEADERS)
    await live.has_drained()
    assert len(await live.read("dead_letters")) == before + len(values)


def _as_read(record: ConsumerRecord) -> tuple[Any, ...]:
    return record.partition, record.key, record.value, record.headers


async def test_show_tells_when_where_and_why_and_values_only_when_asked(live: Live, worker: Worker) -> None:
    # Given dead letters of two topics and three reasons, and a record that is none
    not_json = f'{{"{SECRET}\x1b[31m": "张'.encode()
    await _refused(live, worker, json.dumps(_debit(1, amount=-1)).encode(), not_json, None)
    await _refused(live, worker, not_json, topic="logins")
    await live.send_records([(live.names["dead_letters"], SECRET.encode(), SECRET.encode())])

    # Then each of them is a line, in the order of the topic
    shown = live.command("dead-letters", "show")
    assert shown.returncode == 0, shown.stderr
    assert len(shown.stdout.splitlines()) == 4
    assert "4 dead letters, 2 not_json, 1 bad_field, 1 null_value" in shown.stderr
    assert f"{live.names['payments']} partition " in shown.stdout
    assert "bad_field: Expected `int` >= 0 - at `$.amount`" in shown.stdout
    assert SECRET not in shown.stdout + shown.stderr

    # And options select
    def number(*options: str) -> int:
        found = live.command("dead-letters", "show", *options)
        assert found.returncode == 0, found.stderr
        return len(found.stdout.splitlines())

    assert number("--topic", live.names["logins"]) == 1
    assert number("--reason", "not_json") == 2
    assert number("--reason", "not_json", "--topic", live.names["payments"]) == 1
    assert number("--limit", "3") == 3
    assert number("--since", "1h") == 4
    assert number("--since", "1ms") == 0

    # And what they hold is printed when asked, fit for a terminal
    told = live.command("dead-letters", "show", "--values", "--topic", live.names["logins"]).stdout
    assert "\x1b" not in told
    assert f'  key    u1\n  value  {{"{SECRET}\\x1b[31m": "张\n' in told

    # And as JSON whole
    lines = live.command("dead-letters", "show", "--json", "--reason", "bad_field").stdout.splitlines()
    [letter] = map(json.loads, lines)
    assert letter.keys() == {
        "put_aside_at",
        "topic",
        "partition",
        "offset",
        "reason",
        "message",
        "whole",
    }
    options = ("--json", "--values", "--reason", "null_value")
    [letter] = map(json.loads, live.command("dead-letters", "show", *options).stdout.splitlines())
    assert (letter["key"], letter["value"]) == ("u1", None)


async def _send_an_hour_ago(live: Live, partition: int, *values: bytes) -> None:
    """Send records that are an hour old by their timestamps, to a partition that may not be their key's."""
    producer = AIOKafkaProducer(bootstrap_servers=live.bootstrap)
    await producer.start()
    try:
        for value in values:
            ago = int(time.time() * 1000) - 3_600_000
            place = live.names["payments"], value, b"u1", partition, ago
            await producer.send_and_wait(*place, headers=HEADERS)
    finally:
        await producer.stop()


@pytest.mark.parametrize("partition", [0, 1])
async def test_replayed_records_are_those_that_were_refused_and_are_judged_anew(
    live: Live, worker: Worker, partition: int
) -> None:
    # Given dead letters of an event that is good by now, for its time has come, and of one that is not
    ahead, bad = (json.dumps(_debit(n, amount=amount)).encode() for n, amount in ((1, 900), (2, -1)))
    await _send_an_hour_ago(live, partition, ahead, bad)
    await live.has_drained()
    original = await live.read("payments")
    place = ("--topic", live.names["payments"])

    # When it is only asked how many there are, then nothing is written
    asked = live.command("dead-letters", "replay", *place, "--reason", "event_time_in_future", "--dry-run")
    assert (asked.returncode, asked.stdout) == (0, "")
    assert "1 dead letter would be put back" in asked.stderr
    assert len(await live.read("payments")) == 2

    # When they are put back, then they are as they were, in the same partition
    for reason in ("event_time_in_future", "bad_field"):
        done = live.command("dead-letters", "replay", *place, "--reason", reason)
        assert done.returncode == 0, done.stderr
        assert f"{reason}: 1 dead letter put back" in done.stderr
    again = (await live.read("payments"))[2:]
    assert list(map(_as_read, again)) == list(map(_as_read, original))

    # And the one counts now, the other has come back, and both of that reason are put back the next time
    await live.has_drained()
    assert worker.metric("detector_events_total", topic=live.names["payments"], outcome="accepted") == 1
    letters = await live.read("dead_letters")
    assert sorted(dict(letter.headers)["detector.reason"] for letter in letters) == [
        b"bad_field",
        b"bad_field",
        b"event_time_in_future",
    ]
    twice = live.command("dead-letters", "replay", *place, "--reason", "bad_field", "--since", "1h")
    assert "2 dead letters put back" in twice.stderr


def _letter_headers(live: Live, **others: str) -> list[tuple[str, bytes]]:
    added = {
        "__connect.errors.topic": live.names["payments"],
        "__connect.errors.partition": "0",
        "__connect.errors.offset": "7",
        "__connect.errors.exception.message": "too large",
        "detector.reason": "too_large",
    }
    return [(name, text.encode()) for name, text in (added | others).items()]


async def test_a_record_of_a_partition_that_is_gone_goes_where_its_key_does(live: Live) -> None:
    headers = _letter_headers(live, **{"__connect.errors.partition": "99"})
    await live.send_records([(live.names["dead_letters"], b"u1", b"{}")], headers=headers)
    done = live.command("dead-letters", "replay", "--topic", live.names["payments"], "--reason", "too_large")
    assert done.returncode == 0, done.stderr

    await live.send_records([(live.names["payments"], b"u1", b"{}")])
    first, second = await live.read("payments")
    assert _as_read(first) == _as_read(second)


async def test_a_dead_letter_that_is_not_whole_is_left_out(live: Live, worker: Worker) -> None:
    # Given a record whose value did not fit into its dead letter
    headers = _letter_headers(live, **{"detector.value_omitted_bytes": "3000000"})
    await live.send_records([(live.names["dead_letters"], b"u1", None)], headers=headers)

    shown = live.command("dead-letters", "show")
    assert "too large to be kept whole" in shown.stdout
    done = live.command("dead-letters", "replay", "--topic", live.names["payments"], "--reason", "too_large")
    assert "0 dead letters put back, 1 left out" in done.stderr
    assert await live.read("payments") == []


async def test_what_cannot_be_meant_is_wrong_usage(live: Live) -> None:
    payments = live.names["payments"]
    for arguments, what in (
        (("replay", "--topic", payments), "--reason"),
        (("replay", "--reason", "too_late"), "--topic"),
        (("replay", "--topic", live.names["by_merchant"], "--reason", "too_late"), "no input topic"),
        (("replay", "--topic", payments, "--reason", "late"), "too_late"),
        (("show", "--since", "soon"), "neither a duration such as 7d"),
        (("show", "--limit", "0"), "--limit"),
    ):
        done = live.command("dead-letters", *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert what in done.stderr


async def test_a_missing_topic_is_one_line(live: Live) -> None:
    live.names["dead_letters"] = "not-there"
    done = live.command("dead-letters", "show")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "not-there" in done.stderr
