"""What the input topics hold of a time: read once, from outside the detector's group.

Topics and partitions come together as they do for a worker that has fallen behind: each in the order of its
log, the topics of a partition number by event time, and no partition number further ahead of another than
half the allowed lateness. So nothing comes too late that does not lie too late in its own partition, and
within the allowed lateness the order changes no alert.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from detector.config import Settings
from detector.core.events import Event, Reason, Refusal, decode_record
from detector.stream.alignment import NEVER, Alignment, Dated
from detector.stream.outside import consumer_of

_FETCH_MS = 500
_SILENT_FETCHES_AT_MOST = 60
# What is at hand of all partitions has to fit into memory, as objects ten times as large.
_FETCHED_BYTES = 256 << 10

Offsets = dict[TopicPartition, int]


class RecordingError(Exception):
    """Records cannot be read to their end; the text says which, and why."""


class Taken(NamedTuple):
    """Records in the order of processing.

    `lines` are the events as NDJSON, `refused` says why the others are none, judged by key and timestamp as
    well. `size` is how many offsets they cover.
    """

    lines: list[bytes]
    size: int
    refused: list[Reason]


class Recording(NamedTuple):
    """The records of a time: how many offsets they cover, and they themselves.

    `begins` has the topics of which records of that time are gone, with the time (ms) from which on they are
    all there.
    """

    total: int
    begins: Mapping[str, int]
    records: AsyncIterator[Taken]


class _Span(NamedTuple):
    starts: Offsets
    ends: Offsets
    begins: Mapping[str, int]


@asynccontextmanager
async def recording(settings: Settings, since: int, until: int | None) -> AsyncIterator[Recording]:
    """The records of the input topics that were written from `since` (ms) to `until`, None for now.

    What is written while they are read is not waited for.

    Raises:
        StartRefused: an input topic is not there for this user.
        KafkaError: a topic cannot be read.
        RecordingError: records are deleted before they were read, or are not given.
    """
    topics = settings.topics.inputs
    # A place whose records were deleted must not be left out without a word.
    async with consumer_of(
        settings.kafka, *topics, auto_offset_reset="none", max_partition_fetch_bytes=_FETCHED_BYTES
    ) as consumer:
        span = await _span(consumer, since, until)
        reader = _Reader(consumer, span, settings.state.allowed_lateness // 2)
        async with aclosing(reader.taken()) as records:
            yield Recording(sum(span.ends.values()) - sum(span.starts.values()), span.begins, records)


async def _span(consumer: AIOKafkaConsumer, since: int, until: int | None) -> _Span:
    # An empty partition has no offset for any time, so its end is read before it can grow.
    ends: Offsets = await consumer.end_offsets(consumer.assignment())
    oldest: Offsets = await consumer.beginning_offsets(list(ends))
    found = await consumer.offsets_for_times(dict.fromkeys(ends, since))
    if until is not None:
        bounds = await consumer.offsets_for_times(dict.fromkeys(ends, until))
        ends |= {place: bound.offset for place, bound in bounds.items() if bound is not None}
    starts = {
        place: ends[place] if at is None else min(at.offset, ends[place]) for place, at in found.items()
    }
    begins: dict[str, int] = {}
    for place, at in found.items():
        if at is not None and at.offset == oldest[place] > 0 and at.timestamp > since:
            begins[place.topic] = max(begins.get(place.topic, 0), at.timestamp)
    return _Span(starts, ends, begins)


class _Reader:
    """Reads each partition from its start to its end, and puts all in the order of processing."""

    def __init__(self, consumer: AIOKafkaConsumer, span: _Span, slack: int) -> None:
        self._consumer = consumer
        self._ends = span.ends
        self._left = {place for place, start in span.starts.items() if start < span.ends[place]}
        self._aligned = _aligned(span, slack)
        self._slack = slack
        self._covered = self._following()
        self._silent = 0
        for place, start in span.starts.items():
            consumer.seek(place, start)

    async def taken(self) -> AsyncGenerator[Taken, None]:
        """All records, as they come; where they stop coming, an error."""
        while self._left:
            self._ask_for_what_need_not_wait()
            await self._fetch()
            while released := self._release():
                yield self._taken(released)
            if self._silent > _SILENT_FETCHES_AT_MOST:
                raise RecordingError(f"Kafka has more of {self._left_in_words()}, but does not give it")
        yield self._taken([])

    def _ask_for_what_need_not_wait(self) -> None:
        waiting = {
            TopicPartition(topic, number)
            for number, aligned in self._aligned.items()
            for topic in aligned.waiting()
        }
        wanted = self._left - waiting
        self._consumer.resume(*wanted)
        self._consumer.pause(*(self._ends.keys() - wanted))

    async def _fetch(self) -> None:
        try:
            fetched = await self._consumer.getmany(timeout_ms=_FETCH_MS)
        except OffsetOutOfRangeError:
            raise RecordingError(
                f"records of {self._left_in_words()} were deleted before they were read: begin later"
            ) from None
        self._silent = 0 if fetched else self._silent + 1
        for place, records in fetched.items():
            there = [record for record in records if record.offset < self._ends[place]]
            self._aligned[place.partition].extend(place.topic, _dated(there))
        for place in list(self._left):
            # Behind the last record there may be offsets without one, of transactions.
            position = min(await self._consumer.position(place), self._ends[place])
            self._aligned[place.partition].has_read_to(place.topic, position)
            if position == self._ends[place]:
                self._left.remove(place)

    def _release(self) -> list[Dated]:
        turns = [turn for aligned in self._aligned.values() if (turn := aligned.turn()) != NEVER]
        limit = min(turns, default=NEVER) + self._slack
        return [one for aligned in self._aligned.values() for one in aligned.release(limit=limit)]

    def _taken(self, released: Iterable[Dated]) -> Taken:
        lines: list[bytes] = []
        refused: list[Reason] = []
        for _, _, record, decoded in released:
            if isinstance(decoded, Refusal):
                refused.append(decoded.reason)
            else:
                # In JSON a line end stands where a blank may.
                lines.append(record.value.replace(b"\n", b" "))
        covered, self._covered = self._covered, self._following()
        return Taken(lines, self._covered - covered, refused)

    def _following(self) -> int:
        return sum(sum(aligned.following().values()) for aligned in self._aligned.values())

    def _left_in_words(self) -> str:
        return ", ".join(f"{topic} partition {number}" for topic, number in sorted(self._left))


def _aligned(span: _Span, slack: int) -> dict[int, Alignment]:
    starts: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for place, start in span.starts.items():
        starts[place.partition][place.topic] = start
    aligned = {number: Alignment(positions, slack) for number, positions in starts.items()}
    for place, end in span.ends.items():
        aligned[place.partition].extends_to(place.topic, end)
    return aligned


def _dated(records: Iterable[ConsumerRecord]) -> list[Dated]:
    """Every record as an event or a refusal, which takes its turn with the event before it."""
    dated: list[Dated] = []
    reached = 0
    for record in records:
        decoded = decode_record(record.key, record.value, record.timestamp)
        if isinstance(decoded, Event):
            reached = decoded.event_time
        dated.append(Dated(reached, record.offset, record, decoded))
    return dated
