"""Rules by merchant, live: over the internal topic they raise what a backtest raises, whatever is killed."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis
from aiokafka import ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from detector.core.alert import Alert, Status
from detector.embedded import free_port
from detector.replay.backtest import Backtest
from detector.rules.rule_set import rules_in_force
from detector.simulate import Traffic, simulate
from tests.integration.live import INPUTS, Live, Worker, eventually

HOUR = 3_600_000
# The default. The traffic fills hours, all of them a backlog: partitions that ran ahead of each other would
# make the rest too late for the merchants.
LATENESS = 600_000

SPREE = """
by: merchant_id
window: {event: [debit, instalment], within: 1h}
when: {distinct(user_id): {gte: 70}}
cooldown: 15m
"""
# What was counted of a merchant is told by the one event that asks for it, when all is over.
AUDIT = """
by: merchant_id
window:
  within: 5d
  select:
    asked: {event: complaint, where: {complaint_id: audit}}
    paid: {event: [debit, instalment]}
when:
  count(asked): {gte: 1}
  count(paid): {gte: 1}
  sum(paid.amount): {gte: 0}
"""


def traffic(seed: int) -> list[dict[str, Any]]:
    return [dict(item.event) for item in simulate(Traffic(users=1_000, events=30_000, seed=seed, fraud=0.02))]


def audit(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An event for each merchant that asks what was counted."""
    after = max(event["event_time"] for event in events) + HOUR
    merchants = sorted({event["merchant_id"] for event in events if "merchant_id" in event})
    return [
        {
            "event_id": f"audit-{merchant}",
            "type": "complaint",
            "event_time": after,
            "user_id": f"auditor-{merchant}",
            "merchant_id": merchant,
            "complaint_id": "audit",
            "status": "opened",
        }
        for merchant in merchants
    ]


def with_rules(live: Live, cap: int = 5_000) -> None:
    live.use_rules(spree=f"id: spree{SPREE}", audit=f"id: audit{AUDIT}")
    live.extra["DETECTOR_STATE__HISTORY_CAP"] = str(cap)


def expected(live: Live, events: list[dict[str, Any]], cap: int = 5_000) -> dict[str, Alert]:
    """The alerts that stand after a backtest, by id."""
    rules = rules_in_force([Path(live.extra["DETECTOR_RULES__DIRS"])], with_catalogue=True)
    test = Backtest(rules, LATENESS, cap)
    latest = {alert.alert_id: alert for alert in test.run(msgspec.json.encode(event) for event in events)}
    return {alert_id: alert for alert_id, alert in latest.items() if alert.status is Status.RAISED}


def standing(records: list[ConsumerRecord]) -> dict[str, Alert]:
    """The alerts that stand after the records of the alert topic, by id."""
    latest: dict[str, Alert] = {}
    for record in records:
        alert = msgspec.json.decode(record.value, type=Alert)
        known = latest.get(alert.alert_id)
        if known is None or alert.revision >= known.revision:
            latest[alert.alert_id] = alert
    return {alert_id: alert for alert_id, alert in latest.items() if alert.status is Status.RAISED}


def measured(alerts: dict[str, Alert]) -> dict[str, dict[str, Any]]:
    """What was counted of each merchant."""
    return {
        alert.entity["merchant_id"]: alert.measures for alert in alerts.values() if alert.rule_id == "audit"
    }


def rested_on(alerts: dict[str, Alert]) -> dict[str, int]:
    """How many events of each merchant that rests on, exactly where histories are."""
    return {
        alert.entity["merchant_id"]: alert.evidence_total
        for alert in alerts.values()
        if alert.rule_id == "audit"
    }


def ids(alerts: dict[str, Alert], *rule_ids: str) -> set[str]:
    return {alert_id for alert_id, alert in alerts.items() if alert.rule_id in rule_ids}


def end(*workers: Worker) -> None:
    for worker in workers:
        worker.kill()


async def test_a_worker_raises_the_alerts_of_a_backtest(live: Live) -> None:
    with_rules(live)
    events = traffic(seed=11)
    asked = audit(events)
    wanted = expected(live, events + asked)
    assert len(ids(wanted, "spree")) > 20
    await live.send(events)
    worker = live.start()
    try:
        await worker.ready()
        await live.has_drained()
        await live.send(asked)
        await live.has_drained()
        # Lag and counts know the internal topic as one of its own.
        internal = live.names["by_merchant"]
        kinds = ("debit", "instalment", "complaint")
        going_on = sum(event["type"] in kinds for event in events + asked)
        assert worker.metric("detector_events_total", topic=internal, outcome="accepted") == going_on
        assert worker.metric("detector_late_events_total", topic=internal) == 0
        lag = f'detector_consumer_lag_records{{partition="0",topic="{internal}"}} 0.0'
        await eventually(lambda: lag in (worker.get("/metrics") or ""))
        assert worker.stop() == 0
    finally:
        end(worker)
    records = await live.read("alerts")
    found = standing(records)
    assert set(found) == set(wanted)
    assert measured(found) == measured(wanted)
    assert rested_on(found) == rested_on(wanted)
    # Each names the platform's record that raised it.
    places = {(record.topic, record.partition, record.offset): record for record in await inputs(live)}
    for record in records:
        alert = json.loads(record.value)
        anchor = alert["anchor"]
        original = places[anchor["topic"], anchor["partition"], anchor["offset"]]
        assert json.loads(original.value)["event_id"] == anchor["event_id"]
        assert record.key.decode() == next(iter(alert["entity"].values()))
    assert await live.read("dead_letters") == []


async def inputs(live: Live) -> list[ConsumerRecord]:
    return [record for role in INPUTS for record in await live.read(role)]


@pytest.mark.parametrize("cap", [5_000, 100], ids=["exact histories", "folded histories"])
async def test_killed_beside_another_worker_it_leaves_no_event_counted_twice_or_lost(
    live: Live, cap: int
) -> None:
    # Where histories are folded, an event that is sent again is not known any more by its id
    with_rules(live, cap)
    events = traffic(seed=12)
    asked = audit(events)
    wanted = expected(live, events + asked, cap)
    half = len(events) // 2
    await live.send(events[:half])
    first, second = live.start(), live.start(free_port())
    third = None
    try:
        # When one of two workers is killed while it works, twice, and events go on coming
        await eventually(lambda: live.stored_offset("by_merchant") > 1_000, seconds=60, every=0.005)
        first.kill()
        await live.send(events[half:])
        third = live.start()
        await eventually(lambda: third.metric("detector_assigned_partitions") == 2, seconds=60)
        third.kill()
        await live.has_drained()
        await live.send(asked)
        await live.has_drained()
        assert second.stop() == 0
    finally:
        end(first, second, *([third] if third else []))
    # Then every merchant's events were counted exactly once
    found = standing(await live.read("alerts"))
    assert len(measured(found)) == len(asked)
    assert measured(found) == measured(wanted)
    if cap == 5_000:
        assert rested_on(found) == rested_on(wanted)
        assert set(found) == set(wanted)
    assert await live.read("dead_letters") == []


@pytest.mark.parametrize("lost", ["*", "{1}:*"], ids=["all", "one partition"])
async def test_a_state_lost_in_the_middle_is_rebuilt_with_every_event_counted_once(
    live: Live, lost: str
) -> None:
    with_rules(live)
    events = traffic(seed=13)
    asked = audit(events)
    wanted = expected(live, events + asked)
    half = len(events) // 2
    await live.send(events[:half])
    first = live.start()
    second = None
    try:
        await first.ready()
        await live.has_drained()
        assert first.stop() == 0
        # When Redis loses what it had, and events go on coming
        with redis.Redis.from_url(live.redis_url) as client:
            assert client.delete(*client.scan_iter(f"{live.prefix}:{lost}"))
        await live.send(events[half:])
        second = live.start()
        await second.ready()
        await live.has_drained()
        await live.send(asked)
        await live.has_drained()
        # Then both scopes are rebuilt from the log, and what is sent again is recognised
        again = second.metric("detector_duplicates_total", topic=live.names["by_merchant"])
        assert again > half / (2 if lost == "*" else 8)
        assert second.stop() == 0
    finally:
        end(first, *([second] if second else []))
    found = standing(await live.read("alerts"))
    assert set(found) == set(wanted)
    assert measured(found) == measured(wanted)
    assert rested_on(found) == rested_on(wanted)


async def set_largest_message(live: Live, size: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=live.bootstrap)
    await admin.start()
    try:
        setting = {"max.message.bytes": str(size)}
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, live.names["by_merchant"], setting)]
        )
    finally:
        await admin.close()


async def test_no_offset_moves_on_before_kafka_has_what_goes_on(live: Live) -> None:
    # Given an internal topic that takes nothing
    with_rules(live)
    events = [event for event in traffic(seed=15)[:1_000] if event["type"] == "debit"]
    asked = audit(events)
    wanted = expected(live, events + asked)
    await set_largest_message(live, 100)
    await live.send(events)
    first = live.start()
    second = None
    try:
        # Then a worker ends with an error, and the offsets are where they were
        assert await eventually(first.process.poll, seconds=60) == 1
        assert live.stored_offset(*INPUTS) == 0
        # And once the topic takes them, every event counts
        await set_largest_message(live, 1_048_588)
        second = live.start()
        await second.ready()
        await live.has_drained()
        await live.send(asked)
        await live.has_drained()
        assert second.stop() == 0
    finally:
        end(first, *([second] if second else []))
    found = standing(await live.read("alerts"))
    assert measured(found) == measured(wanted)


async def test_what_was_sent_before_is_dropped_and_what_another_wrote_is_put_aside(live: Live) -> None:
    # Given histories so short that most events are not known by their ids any more
    cap = 10
    with_rules(live, cap)
    events = traffic(seed=14)[:3_000]
    asked = audit(events)
    wanted = expected(live, events + asked, cap)
    await live.send(events)
    worker = live.start()
    internal = live.names["by_merchant"]
    try:
        await worker.ready()
        await live.has_drained()
        # When all re-keyed events come again, with what somebody else wrote between them
        sent = await live.read("by_merchant")
        others: list[tuple[str, bytes | None, bytes | None]] = [
            (internal, b"m00001", b'{"type": "debit"}'),
            (internal, None, b""),
            (internal, b"m00001", None),
        ]
        again = [(internal, record.key, record.value) for record in sent]
        await live.send_records([*again[:100], *others, *again[100:]])
        await live.has_drained()
        assert worker.metric("detector_duplicates_total", topic=internal) == len(sent)
        await live.send(asked)
        await live.has_drained()
        assert worker.stop() == 0
    finally:
        end(worker)
    # Then they are dropped, and what was not ours is among the dead letters
    assert measured(standing(await live.read("alerts"))) == measured(wanted)
    letters = await live.read("dead_letters")
    reasons = sorted(dict(letter.headers)["detector.reason"].decode() for letter in letters)
    assert reasons == ["bad_field", "not_json", "null_value"]
    assert {dict(letter.headers)["__connect.errors.topic"].decode() for letter in letters} == {internal}


async def test_an_event_is_a_dead_letter_only_where_it_is_too_late_for_all_its_keys(live: Live) -> None:
    # Given a rule by merchant that looks back five days, a merchant of today and one of a month ago
    with_rules(live)
    now = 1_767_225_600_000

    def debit(event_id: str, at: int, merchant: str) -> dict[str, Any]:
        event = {"event_id": event_id, "type": "debit", "event_time": at, "user_id": "u1"}
        return event | {"amount": 1, "currency": "CNY", "merchant_id": merchant, "auth_method": "face"}

    worker = live.start()
    try:
        await worker.ready()
        await live.send([debit("today", now, "m1")])
        await live.has_drained()
        # When events of two days and of a month ago come
        late = [debit("two days", now - 48 * HOUR, "m1"), debit("a month", now - 720 * HOUR, "m1")]
        await live.send(late)
        await live.has_drained()
        assert worker.metric("detector_events_total", topic=live.names["payments"], outcome="too_late") == 2
        assert worker.stop() == 0
    finally:
        end(worker)
    # Then the one that its merchant still takes counts, and the other is put aside as it was sent
    (letter,) = await live.read("dead_letters")
    headers = {name: value.decode() for name, value in letter.headers}
    assert headers["detector.reason"] == "too_late"
    assert headers["__connect.errors.topic"] == live.names["payments"]
    (original,) = [record for record in await live.read("payments") if b"a month" in record.value]
    assert (letter.key, letter.value) == (original.key, original.value)
    assert int(headers["__connect.errors.offset"]) == original.offset
