"""What the archive knows of its own standstills."""

from collections.abc import Collection
from dataclasses import dataclass, field

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from detector.archive.lookout import Lookout
from detector.archive.metrics import ArchiveMetrics
from detector.monitor.health import Health

READ, NEW, OTHERS = (TopicPartition("fraud.alerts", number) for number in range(3))


@dataclass
class Log:
    """What Kafka says of its logs; `fault` is raised instead."""

    fault: Exception | None = None
    known_ends: dict[TopicPartition, int] = field(default_factory=lambda: {READ: 10, NEW: 7, OTHERS: 99})
    known_committed: dict[TopicPartition, int] = field(default_factory=lambda: {READ: 10})
    begin: int = 3

    async def ends(self, places: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        if self.fault:
            raise self.fault
        return {place: self.known_ends[place] for place in places}

    async def beginnings(self, places: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, self.begin)

    async def committed(self, places: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        return {place: at for place, at in self.known_committed.items() if place in places}


class PostgreSQL:
    """What the archive knows of its database."""

    is_away = False
    silent = 0.0

    def silent_seconds(self) -> float:
        return self.silent


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Scene:
    """An archive that has two partitions of three."""

    def __init__(self) -> None:
        self.log, self.database, self.clock = Log(), PostgreSQL(), Clock()
        self.metrics = ArchiveMetrics("1", lambda: True)
        self.lookout = Lookout(
            self.log,  # type: ignore[arg-type]
            lambda: {READ, NEW},
            self.database,  # type: ignore[arg-type]
            Health({}, clock=self.clock),
            self.metrics,
            self.clock,
        )

    async def look_at(self, second: float) -> None:
        self.clock.now = second
        await self.lookout.look()

    def stalled(self, name: str) -> tuple[float, str]:
        [stall] = [stall for stall in self.lookout.stalls() if stall.name == name]
        assert stall.limit_s == 60
        return stall.seconds, stall.reason


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_the_lag_is_that_of_its_own_partitions_from_what_is_committed(scene: Scene) -> None:
    await scene.look_at(0)

    def lag(place: TopicPartition) -> float | None:
        labels = {"topic": place.topic, "partition": str(place.partition)}
        return scene.metrics.registry.get_sample_value("detector_archive_lag_records", labels)

    assert (lag(READ), lag(NEW), lag(OTHERS)) == (0, 4, None)


async def test_records_that_are_not_archived_are_a_stall(scene: Scene) -> None:
    for second in (1, 30):
        await scene.look_at(second)

    assert scene.stalled("records") == (29, "Kafka has more alerts, but none was archived for 29 s")

    scene.log.known_committed[NEW] = 4
    await scene.look_at(31)
    assert scene.stalled("records")[0] == 0


async def test_nothing_left_to_archive_is_no_stall(scene: Scene) -> None:
    scene.log.known_committed[NEW] = 7
    for second in (1, 30):
        await scene.look_at(second)

    assert scene.stalled("records")[0] == 0


async def test_what_kafka_has_deleted_unread_is_not_waited_for(scene: Scene) -> None:
    scene.log.known_committed[NEW] = 4
    scene.log.begin = 7
    for second in (1, 30):
        await scene.look_at(second)

    assert scene.stalled("records")[0] == 0


async def test_while_postgresql_is_away_nothing_is_expected_to_move(scene: Scene) -> None:
    scene.database.is_away = True
    for second in (1, 100):
        await scene.look_at(second)

    assert scene.stalled("records")[0] == 0


async def test_a_kafka_that_does_not_answer_is_a_stall(scene: Scene) -> None:
    await scene.look_at(1)
    scene.log.fault = KafkaConnectionError("no route")
    await scene.look_at(21)

    seconds, reason = scene.stalled("kafka")
    assert seconds == 20
    assert reason == "Kafka has not told the ends of its logs for 20 s: KafkaConnectionError: no route"


async def test_a_fault_that_says_nothing_is_told_by_its_class(scene: Scene) -> None:
    scene.log.fault = OSError()
    await scene.look_at(1)

    assert scene.stalled("kafka")[1].endswith(": OSError")


async def test_a_statement_without_an_answer_and_a_blocked_loop_are_stalls(scene: Scene) -> None:
    scene.database.silent = 12
    scene.clock.now = 13

    assert scene.stalled("postgresql") == (12, "PostgreSQL has not answered for 12 s")
    assert scene.stalled("main loop") == (13, "the main loop has been stuck for 13 s")
