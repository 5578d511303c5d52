"""The live processor over a store: however the records fall into rounds, and wherever a worker stops."""

import json
from collections.abc import Iterator, Sequence
from itertools import count
from random import Random
from typing import Any

import msgspec
from aiokafka import ConsumerRecord
from faust.types import TP

from detector.core.alert import Alert
from detector.core.engine import Engine
from detector.core.rule import Rule
from detector.monitor.metrics import Metrics
from detector.state.codec import Codec
from detector.state.memory_store import MemoryStore
from detector.stream.histories import Histories
from detector.stream.outbox import unpack
from detector.stream.processor import Position, Processor
from detector.stream.rounds import Round

from . import twin
from .engine_runs import CAP, LATENESS, read_rules, standing
from .random_rules import kinds_of, random_rules
from .streams import SHAPES, random_arrival, random_events

TOPICS = ("payments", "logins", "complaints")
PAYMENTS = ("debit", "transfer", "instalment", "refund")


class Published:
    """Takes what a processor publishes, and refuses that anything be put aside."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    async def publish(self, partition: int, epoch: str, first: int, entries: Sequence[bytes]) -> None:
        self.alerts += [msgspec.json.decode(unpack(entry).value, type=Alert) for entry in entries]

    async def write(self, letters: Sequence[Any]) -> None:
        assert not letters


async def start(read: list[Rule], store: MemoryStore, published: Published, most_keys: int) -> Processor:
    """A worker that takes the partition over where the one before it stopped."""
    engine = Engine(read, LATENESS, CAP)
    histories = Histories(store, Codec(TOPICS, "user_id"), engine, 3_600_000, most_keys)
    processor = Processor(
        store, histories, engine, published, published, Metrics("test"), "/test", LATENESS // 2
    )
    ownership = await store.acquire(0, 1)
    offsets = dict.fromkeys(TOPICS, 0) | ownership.offsets
    await store.set_offsets(0, ownership.epoch, offsets)
    processor.own({0: Position(ownership.epoch, offsets)})
    return processor


def records_of(arrived: list[dict[str, Any]]) -> Iterator[ConsumerRecord]:
    offsets = {topic: count() for topic in TOPICS}
    for event in arrived:
        topic = "payments" if event["type"] in PAYMENTS else "logins"
        topic = "complaints" if event["type"] == "complaint" else topic
        key, value = event["user_id"].encode(), json.dumps(event).encode()
        time = event["event_time"]
        yield ConsumerRecord(
            topic, 0, next(offsets[topic]), time, 0, key, value, None, len(key), len(value), ()
        )


def in_rounds(rng: Random, records: list[ConsumerRecord]) -> Iterator[Round]:
    """The records in rounds of up to ten, or all in one."""
    most = rng.choice([1, 3, 10, len(records)])
    while records:
        size = rng.randint(1, most)
        grouped: dict[TP, list[ConsumerRecord]] = {}
        for record in records[:size]:
            grouped.setdefault(TP(record.topic, 0), []).append(record)
        records = records[size:]
        yield Round(grouped, {}, 1)


async def test_rounds_and_restarts_change_nothing_of_what_stands():
    found = 0
    for seed in range(60):
        rng = Random(seed)
        written = [
            rule | {"cooldown": rng.choice([rule.get("cooldown", "1h"), "0s"])}
            for rule in random_rules(rng)
            if rule["by"] != "merchant_id"
        ]
        read = read_rules(written)
        happened = random_events(rng, 60, rng.choice(SHAPES), kinds_of(written))
        arrived = random_arrival(rng, happened, LATENESS)
        store, published = MemoryStore(), Published()
        processor = await start(read, store, published, most_keys=1)
        for fetched in in_rounds(rng, list(records_of(arrived))):
            if rng.random() < 0.2:
                processor = await start(read, store, published, most_keys=rng.choice([1, 100]))
            await processor.process(fetched)
        expected = twin.standing_alerts(written, arrived)
        assert standing(read, published.alerts) == expected, f"seed {seed}"
        found += len(expected)
    assert found > 300
