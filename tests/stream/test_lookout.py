"""What the lookout takes for a sign of life, and what not."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from faust.types import TP

from detector.monitor.health import Health
from detector.state.errors import StateUnavailable
from detector.state.store import Memory
from detector.stream import lookout as module
from detector.stream.lookout import Lookout
from detector.stream.signs import UNREADY_AFTER_S, Signs
from detector.stream.transport import Stage
from tests.stream.given import INTERNAL, TOPICS, Bench, record

ALL = (*TOPICS, INTERNAL)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Watched:
    """A worker on the store in memory, its lookout, and a clock that stands unless told."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.health = Health({}, clock=self.clock)
        self.signs = Signs(self.health.heartbeat_age, 12.0, clock=self.clock)
        self.bench = Bench(partitions=2)
        self.ends: dict[TP, int] = {}
        self.asked_redis: list[set[int]] = []
        self.asked_kafka: list[set[TopicPartition]] = []
        self.redis: Callable[[], Awaitable[None]] = self._answer
        self.kafka: Callable[[], Awaitable[None]] = self._answer
        self.waiting: set[TP] = set()
        self.bench.processor.waiting = lambda: self.waiting  # type: ignore[method-assign]
        self.lookout = Lookout(
            self.signs,
            self.health,
            SimpleNamespace(probe=self._probe, memory=self._memory),  # type: ignore[arg-type]
            SimpleNamespace(ends=self._read_ends),  # type: ignore[arg-type]
            self.bench.processor,
            self.bench.metrics,
            TP("payments", 0),
        )

    async def _answer(self) -> None:
        pass

    async def _probe(self, partitions: Collection[int]) -> None:
        self.asked_redis.append(set(partitions))
        await self.redis()

    async def _memory(self) -> Memory:
        return Memory(used=700, limit=1_000)

    async def _read_ends(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        self.asked_kafka.append(set(places))
        await self.kafka()
        return {place: self.ends.get(TP(*place), 0) for place in places}

    async def own(self, *partitions: int) -> "Watched":
        await self.bench.own()
        self.enter(Stage.FLOWING, *partitions)
        return self

    def enter(self, stage: Stage, *partitions: int) -> None:
        self.lookout.enter(stage, {TP(topic, number) for topic in ALL for number in partitions})

    async def live(self, seconds: float) -> None:
        """Let time pass, with every look every other second."""
        until = self.clock.now + seconds
        while self.clock.now < until:
            self.clock.now += min(2.0, until - self.clock.now)
            await self.look()

    async def look(self) -> None:
        await self.lookout.look_at_redis()
        await self.lookout.look_at_kafka()
        await self.lookout.beat()

    @property
    def unready(self) -> dict[str, str]:
        return {stall.name: stall.reason for stall in self.signs.stalls() if stall.seconds > UNREADY_AFTER_S}


async def fail(error: Exception) -> None:
    raise error


async def hang() -> None:
    await asyncio.Event().wait()


@pytest.fixture
def watched() -> Watched:
    return Watched()


async def test_an_idle_worker_lives(watched: Watched) -> None:
    await watched.own(0, 1)
    await watched.live(600)
    assert watched.unready == {}


async def test_a_redis_that_does_not_answer_shows_though_there_is_nothing_to_do(watched: Watched) -> None:
    await watched.own(0, 1)
    watched.redis = lambda: fail(StateUnavailable("Redis at r:6379: TimeoutError"))
    await watched.live(12)
    assert watched.unready == {
        "redis": "Redis has given no usable answer for 12 s: Redis at r:6379: TimeoutError"
    }
    watched.redis = watched._answer
    await watched.look()
    assert watched.unready == {}
    assert watched.asked_redis[-1] == {0, 1}


async def test_a_kafka_that_answers_with_errors_shows(watched: Watched) -> None:
    await watched.own(0, 1)
    watched.kafka = lambda: fail(KafkaConnectionError("no route"))
    await watched.live(12)
    assert list(watched.unready) == ["kafka"]
    assert "for 12 s: KafkaConnectionError: no route" in watched.unready["kafka"]
    watched.kafka = watched._answer
    await watched.look()
    assert watched.unready == {}


async def test_a_kafka_that_leaves_the_question_open_shows_and_is_asked_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module._LOOK_WITHIN_S <= 5
    monkeypatch.setattr(module, "_LOOK_WITHIN_S", 0.01)
    await watched.own(0, 1)
    watched.kafka = hang
    await watched.live(12)
    assert watched.unready == {
        "kafka": "Kafka has not told the ends of its logs for 12 s: no answer within 0.01 s"
    }
    watched.kafka = watched._answer
    await watched.look()
    assert watched.unready == {}


async def test_how_full_redis_is_shows(watched: Watched) -> None:
    await watched.look()

    def value(name: str) -> float | None:
        return watched.bench.metrics.registry.get_sample_value(f"detector_{name}")

    assert (value("redis_used_memory_bytes"), value("redis_max_memory_bytes")) == (700, 1_000)


async def test_servers_are_asked_though_no_partition_is_assigned(watched: Watched) -> None:
    await watched.live(2)
    assert watched.asked_redis == [{0}]
    assert watched.asked_kafka == [{TopicPartition("payments", 0)}]


async def test_records_that_nobody_processes_show_with_their_partitions(watched: Watched) -> None:
    await watched.own(0, 1)
    await watched.live(600)
    watched.ends = {TP("logins", 1): 3}
    await watched.live(14)
    assert watched.unready == {
        "records": "Kafka has more records, but none was processed for 14 s: partitions 1"
    }
    watched.ends = {TP("payments", 0): 1}
    await watched.bench.process(record(0))
    await watched.look()
    assert watched.unready == {}
    assert watched.bench.metrics.consumer_lag_records.labels("payments", 0)._value.get() == 0


async def test_records_show_also_while_kafka_does_not_tell_the_ends_any_more(watched: Watched) -> None:
    await watched.own(0, 1)
    watched.ends = {TP("payments", 0): 1}
    await watched.look()
    watched.kafka = lambda: fail(KafkaConnectionError())
    await watched.live(12)
    assert set(watched.unready) == {"kafka", "records"}
    await watched.bench.process(record(0))
    await watched.live(12)
    assert set(watched.unready) == {"kafka"}


async def test_a_partition_that_waits_for_its_turn_is_no_stall_while_another_moves(
    watched: Watched,
) -> None:
    await watched.own(0, 1)
    watched.ends = {TP("payments", 0): 100, TP("payments", 1): 100}
    watched.waiting = {TP("payments", 1)}
    for offset in range(10):
        await watched.bench.process(record(offset))
        await watched.live(2)
    assert watched.unready == {}
    await watched.live(12)
    assert list(watched.unready) == ["records"]


async def test_an_assignment_that_does_not_come_shows(watched: Watched) -> None:
    await watched.live(12)
    assert watched.unready == {
        "partitions": "the consumer group has not given this worker its partitions for 12 s"
    }


async def test_a_revocation_that_no_assignment_follows_shows_and_the_lost_records_do_not(
    watched: Watched,
) -> None:
    await watched.own(0, 1)
    watched.ends = {TP("payments", 0): 1}
    await watched.live(2)
    watched.enter(Stage.REVOKED)
    await watched.live(12)
    assert watched.unready == {
        "partitions": "the consumer group has not given this worker its partitions for 12 s"
    }


async def test_a_flow_that_does_not_open_after_an_assignment_shows(watched: Watched) -> None:
    watched.enter(Stage.ASSIGNED, 0, 1)
    await watched.live(12)
    assert watched.unready == {
        "partitions": "partitions are assigned, but taking them over has not come to an end for 12 s"
    }
    await watched.own(0, 1)
    await watched.look()
    assert watched.unready == {}


async def test_a_worker_that_is_not_needed_lives_though_it_owned_partitions_before(
    watched: Watched,
) -> None:
    await watched.own(0, 1)
    watched.ends = {TP("payments", 0): 100}
    watched.enter(Stage.REVOKED)
    watched.enter(Stage.ASSIGNED)
    watched.enter(Stage.FLOWING)
    await watched.live(600)
    assert watched.unready == {}


async def test_the_chores_beat_and_look_again_and_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A look every 2 s, one of 5 s at most: what is amiss shows within 15 s, with 1 s for the watchdog.
    assert (module._BEAT_SECONDS, module._LOOK_SECONDS) == (1.0, 2.0)
    for name in ("_BEAT_SECONDS", "_LOOK_SECONDS"):
        monkeypatch.setattr(module, name, 0.001)
    beats: list[Any] = []
    watched.health.beat = lambda: beats.append(None)  # type: ignore[method-assign]
    tasks = [asyncio.create_task(chore) for chore in watched.lookout.chores()]
    async with asyncio.timeout(5):
        while min(len(beats), len(watched.asked_redis), len(watched.asked_kafka)) < 3:
            await asyncio.sleep(0.001)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
