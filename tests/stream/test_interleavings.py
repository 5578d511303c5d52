"""Re-keyed events count exactly once, however workers that crash, lose partitions or live on are interleaved.

Workers with the real processor and forwarder share a store in memory and the logs of a Kafka that the test
plays: it decides, by a seed, who reads what, which batch is appended when, and whose acknowledgement is lost.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from faust.types import TP

from detector.core.engine import Observation, Outcome
from detector.core.history import Entry, History, Source
from detector.core.routing import MERCHANT
from detector.state.memory_store import MemoryStore, _Partition
from detector.stream.forwarder import Forwarder
from detector.stream.intake import Position
from detector.stream.rounds import Round

from ..core.given import window
from .given import INTERNAL, TOPICS, Bench, InternalTopic, record

PARTITIONS = 3
MERCHANTS = [f"m{number}" for number in range(6)]
RULE = window({"count": {"gte": 1}}, within="1d", by=MERCHANT)
BATCH_RECORDS = 2
STEPS = 150
LOG_LENGTH = 25


class CountsAll:
    """An engine that takes an event as often as it comes: nothing but what was seen stands in its way."""

    def observe(self, history: History, entry: Entry, detected_at: int) -> Observation:
        history.add(entry)
        return Observation(Outcome.ACCEPTED, False, [])

    def settle(self, history: History) -> None:
        pass

    def evaluations(self) -> dict[str, int]:
        return {}


class Batch:
    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes]] = []

    def append(self, *, timestamp: int, key: bytes, value: bytes) -> object:
        if len(self.records) == BATCH_RECORDS:
            return None
        self.records.append((key, value))
        return self

    def close(self) -> None:
        pass

    def record_count(self) -> int:
        return len(self.records)


class InFlight:
    """A batch on its way; its sender may be dead by the time that it is appended."""

    def __init__(self, partition: int, batch: Batch) -> None:
        self.partition = partition
        self.batch = batch
        self.acknowledged = asyncio.get_running_loop().create_future()


class World:
    """Kafka's logs, the state, and the workers."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.store = MemoryStore()
        self.internal = InternalTopic()
        self.in_flight: list[InFlight] = []
        self.workers: list[Worker] = []
        self.dropped = 0
        self.fenced = 0
        self.logs = {
            TP(topic, partition): list(self._log(topic, partition))
            for topic in TOPICS[:2]
            for partition in range(PARTITIONS)
        }

    def _log(self, topic: str, partition: int) -> Iterator[Any]:
        """Debits of a few users, some sent twice by the platform, and some that no merchant wants."""
        debits: list[str] = []
        for offset in range(LOG_LENGTH):
            event_id, kind = f"{topic}-{partition}-{offset}", "debit"
            if debits and self.rng.random() < 0.1:
                event_id = self.rng.choice(debits)
            elif self.rng.random() < 0.2:
                kind = "password_reset"
            else:
                debits.append(event_id)
            yield record(
                offset,
                topic=topic,
                partition=partition,
                event_id=event_id,
                type=kind,
                user_id=f"u{partition}",
                merchant_id=self.rng.choice(MERCHANTS),
            )

    def expected(self) -> Counter[tuple[str, int]]:
        """How many events of each source partition count: of an id the first."""
        return Counter(
            {
                tp: len({_field(found, "event_id") for found in log if _field(found, "type") == "debit"})
                for tp, log in self.logs.items()
            }
        )

    def log(self, tp: TP) -> list[Any]:
        if tp.topic == INTERNAL:
            return self.internal.logs.get(tp.partition, [])
        return self.logs.get(tp, [])

    def append(self, sent: InFlight) -> None:
        self.in_flight.remove(sent)
        for key, value in sent.batch.records:
            self.internal.append(sent.partition, key, value)

    def counted(self) -> Counter[Source]:
        """How often the merchants' histories hold the event of each source."""
        scope = Bench([RULE], partitions=PARTITIONS).scopes.merchant
        found: Counter[Source] = Counter()
        for partition, state in self.store._partitions.items():
            for key in state.histories:
                if key.startswith(scope.prefix):
                    history = scope.codec.decode(
                        state.read(key) or b"", partition, key.removeprefix(scope.prefix)
                    )
                    found.update(entry.source for entry in history.entries if entry.source)
        return found


class Worker:
    """A worker's process; it is also the producer of its own forwarder."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bench = Bench(
            [RULE],
            partitions=PARTITIONS,
            store=world.store,
            internal=Forwarder(self, INTERNAL),  # type: ignore[arg-type]
        )
        self.bench.scopes.merchant.engine = CountsAll()  # type: ignore[assignment]
        self.task: asyncio.Task[None] | None = None
        self.mine: list[InFlight] = []

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> "asyncio.Future[None]":
        sent = InFlight(partition, batch)
        self.mine.append(sent)
        self.world.in_flight.append(sent)
        return sent.acknowledged

    @property
    def is_idle(self) -> bool:
        return self.task is None or self.task.done()

    async def take_over(self, partitions: list[int]) -> None:
        """What an assignment does: fence off whoever had them, and go on where the state is."""
        positions = {}
        for partition in partitions:
            ownership = await self.world.store.acquire(partition, PARTITIONS)
            known = dict.fromkeys((*TOPICS, INTERNAL), 0) | ownership.offsets
            await self.world.store.set_offsets(partition, ownership.epoch, known)
            positions[partition] = Position(ownership.epoch, known, ownership.seen)
        self.bench.processor.own(positions)

    def read(self, most: int) -> None:
        """Begin a round of up to so many records of each partition."""
        if self.task is not None:
            self.task.result()
        rng, records = self.world.rng, {}
        for tp, offset in self.bench.processor.offsets().items():
            if found := self.world.log(tp)[offset : offset + rng.randint(0, most)]:
                records[tp] = found
        self.task = asyncio.create_task(self.bench.processor.process(Round(records, {}, 1)))

    async def crash(self) -> None:
        self.world.workers.remove(self)
        self.world.dropped += int(self.bench.count("duplicates_total", INTERNAL))
        self.world.fenced += int(self.bench.count("state_commits_total", "fenced"))
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        for sent in self.mine:
            sent.acknowledged.cancel()


async def turns() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


async def step(world: World) -> None:
    """One thing that may happen next."""
    rng = world.rng
    chance = rng.random()
    if chance < 0.1 or not world.workers:
        # A worker joins, or gets others' partitions; who had them may not know it yet.
        idle = [worker for worker in world.workers if worker.is_idle]
        if len(world.workers) < 3 and (not idle or rng.random() < 0.5):
            idle = [Worker(world)]
            world.workers += idle
        if idle:
            await rng.choice(idle).take_over(rng.sample(range(PARTITIONS), rng.randint(1, PARTITIONS)))
    elif chance < 0.15:
        await rng.choice(world.workers).crash()
    elif chance < 0.16:
        # Redis loses a partition; its log is read again from the beginning. Epochs never come again.
        for partition, state in world.store._partitions.items():
            if partition == rng.randrange(PARTITIONS):
                world.store._partitions[partition] = _Partition(PARTITIONS, acquired=state.acquired + 1)
    elif chance < 0.6 and world.in_flight:
        sent = rng.choice(world.in_flight)
        world.append(sent)
        if not sent.acknowledged.done() and rng.random() < 0.9:
            sent.acknowledged.set_result(None)
    elif idle := [worker for worker in world.workers if worker.is_idle]:
        rng.choice(idle).read(most=6)
    await turns()


async def finish(world: World) -> None:
    """All crash; some of what was on its way arrives yet; a last worker reads all there is."""
    for worker in list(world.workers):
        await worker.crash()
    for sent in list(world.in_flight):
        if world.rng.random() < 0.5:
            world.append(sent)
    last = Worker(world)
    world.workers.append(last)
    await last.take_over(list(range(PARTITIONS)))
    while any(len(world.log(tp)) > offset for tp, offset in last.bench.processor.offsets().items()):
        last.read(most=10)
        while not last.is_idle:
            await turns()
            for sent in list(world.in_flight):
                world.append(sent)
                if not sent.acknowledged.done():
                    sent.acknowledged.set_result(None)
    await last.crash()


def _field(found: Any, name: str) -> str:
    return str(json.loads(found.value)[name])


@pytest.mark.parametrize("first", range(0, 60, 20))
async def test_every_event_counts_exactly_once(first: int) -> None:
    dropped = fenced = 0
    for seed in range(first, first + 20):
        world = World(Random(seed))
        for _ in range(STEPS):
            await step(world)
        await finish(world)
        counted = world.counted()
        twice = {source: number for source, number in counted.items() if number > 1}
        assert not twice, f"seed {seed}"
        assert Counter(TP(source.topic, source.partition) for source in counted) == world.expected(), (
            f"seed {seed}"
        )
        dropped += world.dropped
        fenced += world.fenced
    # Else the schedules would prove nothing.
    assert dropped > 100
    assert fenced > 20
