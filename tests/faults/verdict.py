"""Whether a fault run kept the promises: what Kafka and Redis hold in the end, against the oracle."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import redis
from aiokafka import ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient

from detector.core.history import History
from detector.core.routing import MERCHANT, USER
from detector.state.codec import Codec
from detector.state.errors import CorruptStateError
from tests.faults.load import AUDIT, Event
from tests.faults.oracle import Expected
from tests.integration.live import INPUTS, Live

_PREFIXES = {"h": USER, "m": MERCHANT}


@dataclass
class Verdict:
    """What was found. Everything but `alerts`, `published_again` and `withdrawn` must be empty or 0.

    `missing` and `extra` are ids of standing alerts; `untrue` those whose last revision says what the oracle
    does not; `histories` tells of keys whose stored events are not those that happened; `offsets` of
    partitions that are not at their end, or behind what Kafka was told; `unpublished` counts what the
    outboxes hold; `reasons` are those of the dead letters.
    """

    alerts: int = 0
    withdrawn: int = 0
    published_again: int = 0
    missing: set[str] = field(default_factory=set)
    extra: set[str] = field(default_factory=set)
    untrue: set[str] = field(default_factory=set)
    histories: list[str] = field(default_factory=list)
    offsets: list[str] = field(default_factory=list)
    unpublished: int = 0
    dead_letters: int = 0
    reasons: set[str] = field(default_factory=set)

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        wrong = (self.missing, self.extra, self.untrue, self.histories, self.offsets)
        return not any(wrong) and not self.unpublished and not self.dead_letters

    def __str__(self) -> str:
        counts = {
            "missing": len(self.missing),
            "extra": len(self.extra),
            "untrue": len(self.untrue),
            "histories": len(self.histories),
            "offsets": len(self.offsets),
            "unpublished": self.unpublished,
            "dead letters": self.dead_letters,
        }
        found = ", ".join(f"{number} {name}" for name, number in counts.items())
        examples = [*self.histories[:2], *self.offsets[:2], *self.reasons]
        told = f"{self.alerts} alerts stand, {self.published_again} published again, {found}"
        return " | ".join([told, *examples])


async def verdict(live: Live, log: Iterable[Event], expected: Expected) -> Verdict:
    """Judge what is there when all has been processed."""
    found = Verdict()
    _judge_alerts(found, await live.read("alerts"), expected)
    letters = await live.read("dead_letters")
    found.dead_letters = len(letters)
    found.reasons = {dict(letter.headers)["detector.reason"].decode() for letter in letters}
    found.unpublished = live.unpublished()
    events = {event["event_id"]: event for event in log}
    with live.state() as client:
        _judge_histories(found, client, live, events, expected)
        await _judge_offsets(found, client, live)
    return found


def _judge_alerts(found: Verdict, records: Iterable[ConsumerRecord], expected: Expected) -> None:
    last: dict[str, dict[str, Any]] = {}
    published: Counter[tuple[str, int]] = Counter()
    for record in records:
        alert = json.loads(record.value)
        published[alert["alert_id"], alert["revision"]] += 1
        if alert["revision"] >= last.get(alert["alert_id"], alert)["revision"]:
            last[alert["alert_id"]] = alert
    standing = {alert_id: alert for alert_id, alert in last.items() if alert["status"] == "raised"}
    found.alerts = len(standing)
    found.withdrawn = len(last) - len(standing)
    found.published_again = published.total() - len(published)
    found.missing = expected.anchors.keys() - standing.keys()
    found.extra = standing.keys() - expected.anchors.keys()
    found.untrue = {
        alert_id
        for alert_id, alert in standing.items()
        if alert_id not in found.extra and not _is_true(alert, expected)
    }


def _is_true(alert: dict[str, Any], expected: Expected) -> bool:
    """Whether an alert names an anchor of its period, and says what was measured there.

    By merchant an event may come a little late, when what was measured has been said; but none comes
    after the audit.
    """
    anchor = expected.anchors[alert["alert_id"]].get(alert["anchor"]["event_id"])
    if anchor is None:
        return False
    may_be_early = "user_id" not in alert["entity"] and alert["rule_id"] != AUDIT
    if may_be_early or anchor.step is not None:
        return True
    return all(anchor.measures.get(name) == value for name, value in alert["measures"].items())


def _judge_histories(
    found: Verdict, client: redis.Redis, live: Live, events: dict[str, Event], expected: Expected
) -> None:
    """Nothing that a rule can still use may be missing, nothing be there that did not happen."""
    topics = [live.names[role] for role in INPUTS]
    codecs = {USER: Codec(topics, USER), MERCHANT: Codec(topics, MERCHANT, live.partitions)}
    stored: dict[str, dict[str, History]] = {USER: {}, MERCHANT: {}}
    for name in client.scan_iter(f"{live.prefix}:*"):
        _, partition, *kind_and_key = name.decode().split(":", 3)
        if len(kind_and_key) == 2 and (scope := _PREFIXES.get(kind_and_key[0])):
            key = kind_and_key[1]
            data = client.get(name)
            try:
                stored[scope][key] = codecs[scope].decode(data, int(partition.strip("{}")), key)
            except CorruptStateError:
                found.histories.append(f"a {scope}: what is stored cannot be read")
    for scope, by_key in expected.histories.items():
        for key, needed in by_key.items():
            kept = [entry.event for entry in stored[scope].get(key, History()).entries]
            ids = [event.event_id for event in kept]
            if len(ids) > len(set(ids)) or not needed <= set(ids):
                absent = len(needed - set(ids))
                found.histories.append(f"a {scope}: {absent} of {len(needed)} events absent, {len(ids)} kept")
            elif any(events[event.event_id]["event_time"] != event.event_time for event in kept):
                found.histories.append(f"a {scope}: an event has another time")


async def _judge_offsets(found: Verdict, client: redis.Redis, live: Live) -> None:
    roles = (*INPUTS, "by_merchant")
    ends = await live.ends(*roles)
    admin = AIOKafkaAdminClient(bootstrap_servers=live.bootstrap)
    await admin.start()
    try:
        committed = await admin.list_consumer_group_offsets(f"group-{live.prefix}")
    finally:
        await admin.close()
    for place, end in ends.items():
        state = client.hget(f"{live.prefix}:{{{place.partition}}}:meta", f"o:{place.topic}")
        stored = int(state or 0)
        if stored != end:
            found.offsets.append(f"partition {place.partition}: stored {stored} of {end}")
        if place in committed and committed[place].offset > stored:
            found.offsets.append(
                f"partition {place.partition}: Kafka was told {committed[place].offset}, stored {stored}"
            )
