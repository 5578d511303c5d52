"""A processor on the store in memory, with everything around it, and records to give it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka import ConsumerRecord
from faust.types import TP

from detector.core.deciding import Deciding
from detector.core.lists import Members
from detector.core.rule import Rule
from detector.monitor.metrics import Metrics
from detector.rules.reader import read_rule
from detector.rules.rule_set import CATALOGUE
from detector.state.memory_store import MemoryStore
from detector.stream.dead_letters import DeadLetter
from detector.stream.forwarder import Forwards
from detector.stream.histories import Histories
from detector.stream.intake import Intake, Position
from detector.stream.outbox import unpack
from detector.stream.pace import Pace
from detector.stream.processor import Outlets, Processor
from detector.stream.rekeying import Rekeying
from detector.stream.rounds import Round
from detector.stream.scopes import Scopes

TOPICS = ("payments", "logins", "complaints")
INTERNAL = "by-merchant"
NOW = 1_767_225_600_000
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
LATENESS = 600_000
CAP = 5_000
BURST = read_rule(CATALOGUE / "no-password-burst.yaml").rule


class FakePublisher:
    def __init__(self) -> None:
        self.published: list[tuple[int, str, int, list[bytes]]] = []

    async def publish(self, partition: int, epoch: str, first: int, entries: Sequence[bytes]) -> None:
        self.published.append((partition, epoch, first, list(entries)))

    def alerts(self) -> list[dict[str, Any]]:
        return [json.loads(unpack(entry).value) for *_, entries in self.published for entry in entries]


class FakeDeadLetters:
    def __init__(self) -> None:
        self.written: list[DeadLetter] = []

    async def write(self, letters: Sequence[DeadLetter]) -> None:
        self.written += letters


class InternalTopic:
    """The log of each partition of the internal topic; what is sent is there, and acknowledged, at once."""

    def __init__(self) -> None:
        self.logs: dict[int, list[ConsumerRecord]] = {}

    async def send(self, forwards: Iterable[Forwards]) -> None:
        for one in forwards:
            for partition, records in one.items():
                for key, value in records:
                    self.append(partition, key, value)

    def append(self, partition: int, key: bytes | None, value: bytes | None) -> None:
        log = self.logs.setdefault(partition, [])
        log.append(raw(INTERNAL, partition, len(log), key, value))

    def records(self) -> list[ConsumerRecord]:
        return [record for log in self.logs.values() for record in log]


class Bench:
    """A worker's processor, owning all partitions once it is told to."""

    def __init__(
        self,
        rules: Iterable[Rule] | None = None,
        *,
        cache_events: int = 100,
        partitions: int = 1,
        store: MemoryStore | None = None,
        internal: Any = None,
        lists: Mapping[str, Members] = {},
    ) -> None:
        self.partitions = partitions
        self.store = store or MemoryStore()
        self.publisher = FakePublisher()
        self.dead_letters = FakeDeadLetters()
        self.internal = internal or InternalTopic()
        self.metrics = Metrics("test")
        deciding = Deciding([BURST] if rules is None else rules, lists, LATENESS, CAP)
        self.scopes = Scopes(TOPICS, partitions, deciding)
        self.rekeying = Rekeying(TOPICS, partitions)
        self.processor = Processor(
            self.store,
            Histories(self.store, self.scopes, 3_600_000, cache_events),
            self.scopes,
            self.rekeying,
            Intake(INTERNAL, self.rekeying, self.scopes, Pace(self.store, partitions), 300_000),
            Outlets(self.publisher, self.dead_letters, self.internal),  # type: ignore[arg-type]
            self.metrics,
            "/test",
        )

    async def own(self, **offsets: int) -> "Bench":
        positions = {}
        for partition in range(self.partitions):
            ownership = await self.store.acquire(partition, self.partitions)
            known = dict.fromkeys((*TOPICS, INTERNAL), 0) | ownership.offsets | offsets
            await self.store.set_offsets(partition, ownership.epoch, known)
            positions[partition] = Position(ownership.epoch, known, ownership.seen)
        self.processor.own(positions)
        return self

    async def process(self, *records: ConsumerRecord) -> None:
        grouped: dict[TP, list[ConsumerRecord]] = {}
        for found in records:
            grouped.setdefault(TP(found.topic, found.partition), []).append(found)
        await self.processor.process(Round(grouped, {}, 1))

    async def pass_on(self) -> None:
        """Take a round of what the internal topic holds that was not taken yet."""
        offsets = self.processor.offsets()
        await self.process(
            *(
                found
                for found in self.internal.records()
                if found.offset >= offsets[INTERNAL, found.partition]
            )
        )

    def count(self, name: str, *labels: str) -> float:
        value: float = getattr(self.metrics, name).labels(*labels)._value.get()
        return value


def raw(
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    value: bytes | None,
    timestamp: int = NOW,
    headers: Any = (),
) -> ConsumerRecord:
    sizes = len(key or b""), len(value or b"")
    return ConsumerRecord(topic, partition, offset, timestamp, 0, key, value, None, *sizes, tuple(headers))


def record(
    offset: int,
    *,
    topic: str = "payments",
    partition: int = 0,
    value: bytes | None = None,
    headers: Any = (),
    **fields: Any,
) -> ConsumerRecord:
    """A record of the platform: a debit where nothing else is said, a second after the offset before."""
    event = {
        "event_id": f"e{offset}",
        "type": "debit",
        "event_time": NOW + offset * 1000,
        "user_id": "u1",
        "amount": 900,
        "currency": "CNY",
        "merchant_id": "m1",
        "auth_method": "none",
    } | fields
    data = json.dumps(event).encode() if value is None else value
    return raw(topic, partition, offset, event["user_id"].encode(), data, NOW + offset * 1000, headers)
