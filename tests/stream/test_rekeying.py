"""Events on their way from their users to their merchants, through the processor on the store in memory."""

import json

import pytest
from aiokafka import ConsumerRecord
from faust.types import TP

from detector.core.routing import MERCHANT
from detector.core.rule import Rule
from detector.stream.outbox import unpack
from detector.stream.rounds import Round

from ..core.given import window
from .given import INTERNAL, NOW, TOPICS, TRACE, Bench, raw, record

HOUR = 3_600
DAY = 24 * HOUR


def spree(users: int = 3, within: str = "1h", **rest: object) -> Rule:
    """A rule by merchant: debits of so many users within an hour."""
    return window({"distinct(user_id)": {"gte": users}}, within=within, by=MERCHANT, **rest)


async def test_a_merchants_alert_names_the_platforms_record_that_raised_it() -> None:
    bench = await Bench([spree()], partitions=4).own()
    await bench.process(
        record(7, partition=0, user_id="u0"),
        record(8, partition=1, topic="logins", user_id="u1"),
        record(9, partition=2, user_id="u2", headers=[("traceparent", TRACE)]),
    )
    assert bench.publisher.alerts() == []
    await bench.pass_on()
    (alert,) = bench.publisher.alerts()
    assert alert["anchor"] == {
        "event_id": "e9", "type": "debit", "topic": "payments", "partition": 2, "offset": 9,
        "amount": 900, "merchant_id": "m1",
    }  # fmt: skip
    assert alert["entity"] == {"merchant_id": "m1"}
    ((partition, _, _, (entry,)),) = bench.publisher.published
    assert partition == bench.rekeying.address("m1")[0]
    notice = unpack(entry)
    assert dict(notice.headers)["traceparent"] == TRACE
    # The latency counts from the platform's record, not from the one between.
    assert (notice.key, notice.recorded_at) == (b"m1", NOW + 9_000)


async def test_users_and_merchants_of_one_partition_are_committed_together() -> None:
    bench = await Bench([spree()]).own()
    await bench.process(record(0))
    commits = bench.count("state_commits_total", "applied")
    await bench.process(record(1), *bench.internal.records())
    assert bench.count("state_commits_total", "applied") == commits + 1
    stored = await bench.store.load_many({0: ["h:u1", "m:m1"]})
    assert None not in stored[0]
    ownership = await bench.store.acquire(0, 1)
    assert ownership.offsets == {"payments": 2, "logins": 0, "complaints": 0, INTERNAL: 1}
    assert ownership.seen == {("payments", 0): 1}


async def test_nothing_is_sent_where_no_rule_by_merchant_wants_the_type() -> None:
    bench = await Bench([spree(event="instalment")]).own()
    await bench.process(record(0))
    assert bench.internal.records() == []


async def test_a_duplicate_is_not_sent() -> None:
    bench = await Bench([spree()]).own()
    await bench.process(record(0), record(1, event_id="e0"))
    assert len(bench.internal.records()) == 1


async def test_what_is_sent_again_counts_once_even_where_the_event_is_not_known_any_more() -> None:
    bench = await Bench([spree(users=2)]).own()
    await bench.process(record(0), record(1, user_id="u2", event_time=NOW + 1))
    sent = bench.internal.records()
    await bench.pass_on()
    # The history is lost from memory and store: only what was seen tells.
    bench.store._partitions[0].histories.clear()
    bench.processor._histories.clear()
    for found in sent:
        bench.internal.append(0, found.key, found.value)
    await bench.pass_on()
    assert await bench.store.load_many({0: ["m:m1"]}) == {0: [None]}
    assert len(bench.publisher.alerts()) == 1
    assert bench.count("duplicates_total", INTERNAL) == 2
    assert bench.count("events_total", INTERNAL, "duplicate") == 2
    assert bench.count("events_total", INTERNAL, "accepted") == 2
    assert bench.processor.offsets()[TP(INTERNAL, 0)] == 4


async def test_what_was_sent_twice_in_one_round_counts_once() -> None:
    bench = await Bench([spree()]).own()
    await bench.process(record(0))
    (found,) = bench.internal.records()
    bench.internal.append(0, found.key, found.value)
    await bench.pass_on()
    assert bench.count("events_total", INTERNAL, "duplicate") == 1


async def test_each_origin_is_seen_for_itself() -> None:
    bench = await Bench([spree(users=4)], partitions=2).own()
    await bench.process(
        record(5, user_id="u1"),
        record(3, user_id="u2", partition=1, event_id="a"),
        record(4, user_id="u3", topic="logins", event_id="b"),
        record(0, user_id="u4", topic="logins", partition=1, event_id="c"),
    )
    await bench.pass_on()
    assert len(bench.publisher.alerts()) == 1
    assert bench.count("duplicates_total", INTERNAL) == 0


async def test_within_a_round_a_merchants_events_are_taken_by_event_time() -> None:
    # The later event lies first in the log; taken in this order, the earlier would be too late.
    bench = await Bench([spree(users=2, within="1m")]).own()
    await bench.process(record(10, user_id="u1", event_time=NOW + 10 * HOUR * 1000))
    await bench.process(record(11, user_id="u2", event_time=NOW))
    await bench.process(record(12, user_id="u3", event_time=NOW + 1))
    await bench.pass_on()
    assert [alert["anchor"]["event_id"] for alert in bench.publisher.alerts()] == ["e12"]
    assert bench.count("events_total", INTERNAL, "too_late") == 0


async def test_an_event_too_late_for_its_user_counts_for_its_merchant_and_is_no_dead_letter() -> None:
    bench = await Bench([spree(users=2, within="2d")]).own()
    await bench.process(record(DAY, user_id="u1"), record(DAY + 1, user_id="u2"))
    await bench.process(record(DAY + 2, user_id="u3", event_time=NOW + DAY * 1000))
    await bench.process(record(DAY + 3, user_id="u3", event_time=NOW, event_id="late"))
    await bench.pass_on()
    assert bench.count("events_total", "payments", "too_late") == 1
    assert bench.count("events_total", INTERNAL, "accepted") == 4
    assert bench.dead_letters.written == []


async def test_an_event_too_late_for_user_and_merchant_is_a_dead_letter_from_where_it_was_read() -> None:
    bench = await Bench([spree()]).own()
    headers = [("traceparent", TRACE), ("mine", b"\x00")]
    late = record(DAY + 1, user_id="u1", event_time=NOW, event_id="late", headers=headers, topic="logins")
    await bench.process(record(DAY, user_id="u1"))
    await bench.pass_on()
    await bench.process(late)
    assert bench.dead_letters.written == []
    await bench.pass_on()
    (letter,) = bench.dead_letters.written
    assert letter.refusal.reason == "too_late"
    found = letter.record
    assert (found.topic, found.partition, found.offset) == ("logins", 0, DAY + 1)
    assert (found.key, found.value, list(found.headers)) == (late.key, late.value, headers)
    assert bench.count("dead_letters_total", "logins", "too_late") == 1
    assert bench.count("late_events_total", INTERNAL, "too_late") == 1


async def test_an_event_too_late_for_its_merchant_alone_is_no_dead_letter() -> None:
    bench = await Bench([spree()]).own()
    await bench.process(record(DAY, user_id="u1"))
    await bench.pass_on()
    await bench.process(record(DAY + 1, user_id="u2", event_time=NOW))
    await bench.pass_on()
    assert bench.count("events_total", INTERNAL, "too_late") == 1
    assert bench.dead_letters.written == []


async def test_an_event_too_late_for_its_user_that_no_merchant_wants_is_a_dead_letter_at_once() -> None:
    bench = await Bench([spree(event="refund")]).own()
    await bench.process(record(DAY, user_id="u1"), record(DAY + 1, user_id="u1", event_time=NOW))
    (letter,) = bench.dead_letters.written
    assert letter.record.offset == DAY + 1


async def test_what_another_wrote_is_put_aside_as_it_is_and_its_neighbours_count() -> None:
    bench = await Bench([spree(users=2)]).own()
    await bench.process(record(0, user_id="u1"))
    bench.internal.append(0, b"who", b"knows")
    await bench.process(record(1, user_id="u2"))
    await bench.pass_on()
    (letter,) = bench.dead_letters.written
    assert (letter.record.topic, letter.record.offset, letter.record.value) == (INTERNAL, 1, b"knows")
    assert len(bench.publisher.alerts()) == 1
    assert bench.processor.offsets()[TP(INTERNAL, 0)] == 3


async def test_the_internal_topic_neither_waits_for_the_inputs_nor_holds_them_up() -> None:
    # Payments wait for the backlog of logins; what is on the internal topic goes.
    bench = await Bench([spree()]).own()
    await bench.process(record(0))
    (found,) = bench.internal.records()
    await bench.processor.process(
        Round({TP("payments", 0): [record(1)], TP(INTERNAL, 0): [found]}, {TP("logins", 0): 7}, 1)
    )
    assert bench.processor.offsets()[TP("payments", 0)] == 1
    assert bench.processor.offsets()[TP(INTERNAL, 0)] == 1
    assert bench.processor.waiting() == {TP("payments", 0)}
    # And a backlog of the internal topic holds up nothing.
    other = await Bench([spree()]).own()
    await other.processor.process(
        Round({TP("payments", 0): [record(0)]}, {TP(INTERNAL, 0): 100, TP("payments", 0): 1}, 1)
    )
    assert other.processor.offsets()[TP("payments", 0)] == 1


BACKLOG = [
    record(n * HOUR, event_id=f"a{n}", user_id="u1", event_time=NOW + n * HOUR * 1000) for n in range(9)
]


def behind(n: int) -> ConsumerRecord:
    """A record of partition 1 for each of partition 0, at the same time."""
    found = BACKLOG[n]
    event = json.loads(found.value) | {"event_id": f"b{n}", "user_id": "u2"}
    return record(found.offset, partition=1, **event)


async def test_partitions_with_a_backlog_advance_together_so_that_none_comes_late_for_a_merchant() -> None:
    # Partition 0 was fetched hours ahead of partition 1; all of it goes on to one merchant.
    bench = await Bench([spree(users=2, within="1m", cooldown="0s")], partitions=2).own()
    ends = {TP("payments", 0): 9 * HOUR, TP("payments", 1): 9 * HOUR}
    await bench.processor.process(Round({TP("payments", 0): BACKLOG}, ends, 1))
    assert bench.internal.records() == []
    assert bench.processor.waiting() == {TP("payments", 0)}
    for n in range(9):
        await bench.processor.process(Round({TP("payments", 1): [behind(n)]}, ends, 1))
        await bench.pass_on()
    assert bench.count("late_events_total", INTERNAL, "too_late") == 0
    assert len(bench.publisher.alerts()) == 9


async def test_without_a_rule_by_merchant_no_partition_waits_for_another() -> None:
    bench = await Bench([], partitions=2).own()
    ends = {TP("payments", 0): 9 * HOUR, TP("payments", 1): 9 * HOUR}
    await bench.processor.process(Round({TP("payments", 0): BACKLOG}, ends, 1))
    assert bench.processor.waiting() == set()


async def test_what_one_fetch_brought_of_all_partitions_goes_at_once_in_steps_of_event_time() -> None:
    bench = await Bench([spree(users=2, within="1m", cooldown="0s")], partitions=2).own()
    await bench.process(*BACKLOG, *map(behind, range(9)))
    assert bench.processor.waiting() == set()
    # The two of each hour lie side by side in the log.
    times = [bench.rekeying.decode(found).event.event_time for found in bench.internal.records()]
    assert times == sorted(times)
    assert len(times) == 18


async def test_records_of_the_internal_topic_that_come_again_change_nothing() -> None:
    bench = await Bench([spree()]).own()
    await bench.process(record(0))
    await bench.process(*bench.internal.records())
    await bench.process(*bench.internal.records())
    assert bench.count("duplicates_total", INTERNAL) == 0
    assert bench.processor.offsets()[TP(INTERNAL, 0)] == 1


async def test_a_failure_to_send_leaves_the_offsets_where_they_are() -> None:
    class Broken:
        async def send(self, forwards: object) -> None:
            raise ConnectionError("no broker")

    bench = await Bench([spree()], internal=Broken()).own()
    with pytest.raises(ConnectionError):
        await bench.process(record(0))
    assert (await bench.store.acquire(0, 1)).offsets["payments"] == 0


async def test_the_next_owner_knows_what_was_seen() -> None:
    first = await Bench([spree()]).own()
    await first.process(record(0))
    (found,) = first.internal.records()
    await first.pass_on()
    second = await Bench([spree()], store=first.store).own()
    await second.process(raw(INTERNAL, 0, 1, found.key, found.value))
    assert second.count("duplicates_total", INTERNAL) == 1


async def test_a_worker_without_rules_by_merchant_reads_what_others_sent() -> None:
    first = await Bench([spree()]).own()
    await first.process(record(0))
    bench = await Bench([], store=first.store, internal=first.internal).own()
    await bench.pass_on()
    assert bench.processor.offsets() == {
        **{TP(topic, 0): 0 for topic in TOPICS}, TP("payments", 0): 1, TP(INTERNAL, 0): 1,
    }  # fmt: skip
