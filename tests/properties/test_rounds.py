"""The live processor over a store: one answer, however records fall into rounds and wherever it stops."""

import json
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

import msgspec
from aiokafka import ConsumerRecord

from detector.core.alert import Alert

from ..stream.given import TOPICS, Bench, raw
from . import twin
from .engine_runs import LATENESS, read_rules, standing
from .random_rules import kinds_of, random_rules
from .streams import SHAPES, random_arrival, random_events
from .vocabulary import LISTS, MEMBERS

TOPIC_OF = dict.fromkeys(["debit", "transfer", "instalment", "refund"], "payments") | {
    "complaint": "complaints"
}


def records_of(arrived: list[dict[str, Any]]) -> Iterator[ConsumerRecord]:
    """Each event as a record of its topic."""
    offsets = {topic: count() for topic in TOPICS}
    for event in arrived:
        topic = TOPIC_OF.get(event["type"], "logins")
        key, value = event["user_id"].encode(), json.dumps(event).encode()
        yield raw(topic, 0, next(offsets[topic]), key, value, event["event_time"])


def in_rounds(rng: Random, records: list[ConsumerRecord]) -> Iterator[list[ConsumerRecord]]:
    """The records in rounds of one, of a few, or all in one."""
    most = rng.choice([1, 3, 10, len(records)])
    while records:
        size = rng.randint(1, most)
        yield records[:size]
        records = records[size:]


async def published(rules: list[Any], arrived: list[dict[str, Any]], rng: Random) -> list[Alert]:
    """What workers publish of a stream, one after the other, each going on where the last one stopped."""
    benches = [await Bench(rules, cache_events=1, lists=MEMBERS).own()]
    for fetched in in_rounds(rng, list(records_of(arrived))):
        bench = benches[-1]
        if rng.random() < 0.2:
            bench = Bench(
                rules,
                cache_events=rng.choice([1, 100]),
                store=bench.store,
                internal=bench.internal,
                lists=MEMBERS,
            )
            benches.append(await bench.own())
        await bench.process(*fetched)
        if rng.random() < 0.3:
            await bench.pass_on()
    await benches[-1].pass_on()
    assert not any(bench.dead_letters.written for bench in benches)
    return [msgspec.convert(alert, Alert) for bench in benches for alert in bench.publisher.alerts()]


async def test_rounds_and_restarts_change_nothing_of_what_stands():
    found = 0
    for seed in range(60):
        rng = Random(seed)
        written = [
            rule | {"cooldown": rng.choice([rule.get("cooldown", "1h"), "0s"])} for rule in random_rules(rng)
        ]
        read = read_rules(written)
        arrived = random_arrival(rng, random_events(rng, 60, rng.choice(SHAPES), kinds_of(written)), LATENESS)
        expected = twin.standing_alerts(written, arrived, LISTS)
        assert standing(read, await published(read, arrived, rng)) == expected, f"seed {seed}"
        found += len(expected)
    assert found > 500
