"""Recorded topics come whole and in order, however Kafka hands them over; where it does not, that is said."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any, NamedTuple

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError
from aiokafka.structs import OffsetAndTimestamp

from detector.config import load_settings
from detector.stream import recorded
from detector.stream.recorded import RecordingError, Taken, recording

SETTINGS = load_settings(None, {})
TOPICS = SETTINGS.topics.inputs
MINUTE = 60_000
SLACK = SETTINGS.state.allowed_lateness // 2


class Log(NamedTuple):
    """The records of a partition from the offset `begin` on, and how many offsets follow without a record."""

    event_times: list[int]
    begin: int = 0
    markers: int = 0

    @property
    def end(self) -> int:
        return self.begin + len(self.event_times) + self.markers


class Broker:
    """Stands for a consumer without group; hands over records as chance will have it."""

    def __init__(self, logs: dict[TopicPartition, Log], rng: Random) -> None:
        self._logs = logs
        self._rng = rng
        self._positions: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        self.failure: Exception | None = None
        self.silent: set[TopicPartition] = set()
        self.handed_over = 0

    def assignment(self) -> set[TopicPartition]:
        return set(self._logs)

    async def end_offsets(self, places: Any) -> dict[TopicPartition, int]:
        return {place: self._logs[place].end for place in places}

    async def beginning_offsets(self, places: Any) -> dict[TopicPartition, int]:
        return {place: self._logs[place].begin for place in places}

    async def offsets_for_times(self, times: dict[TopicPartition, int]) -> dict[TopicPartition, Any]:
        """By the first record that is as late, records having been written at their event times."""
        return {place: self._found(self._logs[place], at) for place, at in times.items()}

    def _found(self, log: Log, at: int) -> OffsetAndTimestamp | None:
        for offset, event_time in enumerate(log.event_times, log.begin):
            if event_time >= at:
                return OffsetAndTimestamp(offset, event_time)
        return None

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._positions[place] = offset

    def pause(self, *places: TopicPartition) -> None:
        self._paused.update(places)

    def resume(self, *places: TopicPartition) -> None:
        self._paused.difference_update(places)

    async def position(self, place: TopicPartition) -> int:
        return self._positions[place]

    async def getmany(self, timeout_ms: int) -> dict[TopicPartition, list[ConsumerRecord]]:
        if self.failure is not None:
            raise self.failure
        fetched = {}
        for place, log in self._logs.items():
            if place in self._paused or place in self.silent or self._rng.random() < 0.4:
                continue
            first = self._positions[place] - log.begin
            last = min(first + self._rng.randint(1, 4), len(log.event_times))
            self.handed_over += last - first
            if first < last:
                fetched[place] = [self._record(place, log, index) for index in range(first, last)]
            self._positions[place] = log.end if last == len(log.event_times) else log.begin + last
        return fetched

    def _record(self, place: TopicPartition, log: Log, index: int) -> ConsumerRecord:
        at = log.event_times[index]
        offset = log.begin + index
        event_id = f"{place.topic}/{place.partition}/{offset}"
        event = {"event_id": event_id, "type": "device_bound", "event_time": at, "user_id": "u1"}
        value = json.dumps(event).encode()
        return ConsumerRecord(
            place.topic, place.partition, offset, at, 0, b"u1", value, None, 2, len(value), ()
        )


async def read(
    monkeypatch: pytest.MonkeyPatch, broker: Broker, since: int = 0, until: int | None = None
) -> tuple[int, list[Taken]]:
    @asynccontextmanager
    async def consumer_of(*_: Any, **__: Any) -> AsyncIterator[Broker]:
        yield broker

    monkeypatch.setattr(recorded, "consumer_of", consumer_of)
    async with recording(SETTINGS, since, until) as found:
        return found.total, [taken async for taken in found.records]


def events(batches: list[Taken]) -> list[dict[str, Any]]:
    return [json.loads(line) for taken in batches for line in taken.lines]


def drawn(rng: Random) -> dict[TopicPartition, Log]:
    """Logs of three topics of a few partitions, in each of which events come up to ten minutes late."""
    logs = {}
    for topic in TOPICS:
        for number in range(rng.randint(1, 3)):
            times = [
                at * MINUTE + rng.randint(0, 10) * MINUTE for at in sorted(rng.choices(range(600), k=30))
            ]
            kept = times[: rng.randint(0, 30)]
            logs[TopicPartition(topic, number)] = Log(kept, rng.choice([0, 5]), rng.choice([0, 0, 2]))
    return logs


@pytest.mark.parametrize("seed", range(40))
async def test_each_record_comes_once_and_none_out_of_turn(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = Random(seed)
    logs = drawn(rng)
    total, batches = await read(monkeypatch, Broker(logs, rng))
    found = events(batches)
    # All of each partition, in its order
    for place, log in logs.items():
        stem = f"{place.topic}/{place.partition}/"
        there = [event["event_id"] for event in found if event["event_id"].startswith(stem)]
        assert there == [f"{stem}{offset}" for offset in range(log.begin, log.begin + len(log.event_times))]
    assert sum(taken.size for taken in batches) == total
    # None comes later behind the newest of all than it lies late in its own partition and the slack
    newest = -1
    newest_of: dict[str, int] = {}
    for event in found:
        at = event["event_time"]
        stem = event["event_id"].rpartition("/")[0]
        late = max(0, newest_of.get(stem, -1) - at)
        assert newest - at <= late + SLACK
        newest, newest_of[stem] = max(newest, at), max(newest_of.get(stem, -1), at)


async def test_a_time_begins_and_ends_where_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = {TopicPartition(topic, 0): Log([at * MINUTE for at in range(10)]) for topic in TOPICS}
    total, batches = await read(monkeypatch, Broker(logs, Random(1)), 3 * MINUTE, 5 * MINUTE)
    assert total == 6
    assert [event["event_time"] for event in events(batches)] == [3 * MINUTE] * 3 + [4 * MINUTE] * 3


async def test_where_kafka_keeps_silent_it_is_said_of_what(monkeypatch: pytest.MonkeyPatch) -> None:
    payments = TopicPartition("payments", 2)
    broker = Broker({payments: Log([1])}, Random(1))
    broker.silent.add(payments)
    with pytest.raises(
        RecordingError, match=r"^Kafka has more of payments partition 2, but does not give it$"
    ):
        await read(monkeypatch, broker)


async def test_of_what_must_wait_no_more_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    payments, logins = (TopicPartition(topic, 0) for topic in ("payments", "logins"))
    broker = Broker({payments: Log(list(range(1_000))), logins: Log([0])}, Random(1))
    broker.silent.add(logins)
    with pytest.raises(RecordingError, match=r"^Kafka has more of logins partition 0, payments partition 0"):
        await read(monkeypatch, broker)
    assert broker.handed_over <= 4


async def test_records_that_are_deleted_meanwhile_are_not_left_out_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = Broker({TopicPartition("payments", 2): Log([1])}, Random(1))
    broker.failure = OffsetOutOfRangeError({TopicPartition("payments", 2): 0})
    said = r"^records of payments partition 2 were deleted before they were read: begin later$"
    with pytest.raises(RecordingError, match=said):
        await read(monkeypatch, broker)
