"""The batching transport: Faust's consumer, handing over fetch rounds and seeking to the state's offsets.

Faust spends four asyncio tasks on every message that its consumer yields. This consumer yields one message
per fetch, with the whole `Round` as its value, so that Faust's machinery runs once per round. One round is in
flight at a time: the next is fetched when the last one has been processed, and so grows with the load.

Progress lives in the state alone. At every assignment `perform_seek`, the last thing that Faust awaits before
the flow opens, asks for the exact next offsets and seeks to them. Kafka's committed offsets only follow.

A round carries the generation whose seek its records were read after, and is dropped when that has ended.
Nothing is lost by that: a generation ends only by a revocation, which an assignment and a seek to the
state's offsets follow, and the state never saw the round. The consumer thread stamps the generation in the
turn of its loop in which it takes the records: a fetch can begin before a rebalance and end after its seek.

What this file relies on in Faust 0.15.3 and aiokafka 0.14.0 (pinned by tests/stream/test_faust_contract.py):

* `Consumer`, overridden: `getmany`, `_getmany`, `perform_seek`, `resume_flow`, `commit`,
  `on_partitions_revoked`, `on_partitions_assigned`, `_new_consumer_thread`; used: `_thread`,
  `_read_offset` (replaced), `_wait_next_records`, `can_resume_flow`, `_commit`, `crash`, `crashed`,
  `highwaters`, `assignment`;
* `AIOKafkaConsumerThread`, overridden: `_create_worker_consumer`, `_fetch_records`; used: `call_thread`,
  `_ensure_consumer`;
* `AIOKafkaConsumer`, set: `_fetch_max_wait_ms`; its `seek` takes effect at once; used: the positions in its
  `_subscription`, which pass over what is no record;
* the order: `Recovery` awaits `perform_seek` before `resume_flow`; a revocation is announced to
  `on_partitions_revoked` before the group is joined again.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT
from faust.types.tuples import ConsumerMessage

from detector.monitor.exceptions import said
from detector.stream.gate import Gate
from detector.stream.rounds import Round

FETCH_MAX_WAIT_MS = 20
# What waits may wait for other workers, of which no fetch tells.
_LOOK_AGAIN_S = 0.1


class Stage(Enum):
    """How far the flow is, on its way from one assignment to the next."""

    REVOKED = auto()
    """The group has given nothing yet, or has taken back what it gave."""
    ASSIGNED = auto()
    """The group has given partitions, and their offsets are being found."""
    FLOWING = auto()
    """The records of what was given flow; that may be no partition at all."""


class FlowError(Exception):
    """The flow cannot open at the right offsets; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The state's side of the flow, the only truth about how far the job has come.

    `positions` gives the exact next offset of each assigned partition; it has `deadline` seconds.
    `committable` gives the next offsets that are safe in the state; `waiting` the partitions of which the
    job has records that it cannot process yet. `enter` learns each stage of the flow, with the partitions
    that are assigned.
    """

    positions: Callable[[set[TP]], Awaitable[Mapping[TP, int]]]
    committable: Callable[[], Mapping[TP, int]]
    waiting: Callable[[], set[TP]]
    enter: Callable[[Stage, set[TP]], None]
    deadline: float


class _ForgetfulOffsets(dict[TP, int | None]):
    """Knows no offset: switches off Faust's own dropping of records, which does not survive a seek back."""

    def __missing__(self, tp: TP) -> None:
        return None

    def __setitem__(self, tp: TP, offset: int | None) -> None:
        pass


class _ConsumerThread(driver.AIOKafkaConsumerThread):
    _generation = 0
    _ends: Mapping[TP, int] = {}

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # A partition that ran dry is asked for again only when the fetch in flight, which lacks it, is over.
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        return consumer

    async def seek_for(self, generation: int, positions: Mapping[TP, int], ends: Mapping[TP, int]) -> None:
        """Seek, and stamp what is read from here on with the generation; `ends` are those of the logs now."""
        await self.call_thread(self._seek_for, generation, positions, ends)

    async def _seek_for(self, generation: int, positions: Mapping[TP, int], ends: Mapping[TP, int]) -> None:
        consumer = self._ensure_consumer()
        self._ends = ends
        for tp, offset in positions.items():
            consumer.seek(tp, offset)
        self._generation = generation

    async def _fetch_records(self, *args: Any, **kwargs: Any) -> Round:  # type: ignore[override]
        records = await super()._fetch_records(*args, **kwargs)
        consumer = self._ensure_consumer()
        self._ends = {**self._ends, **_ends(consumer)}
        return Round(records, self._ends, self._generation, _positions(consumer))


def _ends(consumer: AIOKafkaConsumer) -> dict[TP, int]:
    """Where each log ends by the latest answer, also where none of its records are handed over yet."""
    known = {TP(*place): consumer.highwater(place) for place in consumer.assignment()}
    return {tp: end for tp, end in known.items() if end is not None}


def _positions(consumer: AIOKafkaConsumer) -> dict[TP, int]:
    """From where on each partition is read next."""
    assignment = consumer._subscription.subscription.assignment
    if assignment is None:
        return {}
    return {TP(*place): at.offset for place, at in assignment.all_consumed_offsets().items()}


class RoundConsumer(driver.Consumer):
    """Yields fetch rounds, opens the flow at the state's offsets, and commits what the state has."""

    transport: "RoundTransport"
    _thread: _ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gate = Gate()
        self._read_offset = _ForgetfulOffsets()
        self._committing = asyncio.Lock()
        self._last_committed: Mapping[TP, int] = {}
        self._read_to: Mapping[TP, int] = {}
        self._sought: int | None = None

    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon, thread_loop=uvloop.new_event_loop())

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """End the generation before the group is joined again."""
        self.gate.revoke()
        self.transport.progress.enter(Stage.REVOKED, set())
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Begin a generation; its flow opens after the seek."""
        self.gate.assign()
        self._last_committed = {}
        self.transport.progress.enter(Stage.ASSIGNED, assigned)
        await super().on_partitions_assigned(assigned, generation_id)

    async def perform_seek(self) -> None:
        """Seek to the state's offsets; a failure crashes the app, for Faust may swallow it and fall idle."""
        generation = self.gate.generation
        try:
            async with asyncio.timeout(self.transport.progress.deadline):
                await self.gate.seek(self._seek_to_state)
        except Exception as error:
            if generation != self.gate.generation:
                return  # the next assignment seeks again
            failure = self._seek_failure(error)
            await self.crash(failure)
            raise failure from error
        self._sought = generation

    def resume_flow(self) -> None:
        """Open the flow; Faust may do so after the assignment has ended for which it sought."""
        super().resume_flow()
        assigned = self.assignment()
        if self.gate.generation is not None and (not assigned or self._sought == self.gate.generation):
            self.transport.progress.enter(Stage.FLOWING, assigned)

    async def _seek_to_state(self, generation: int) -> None:
        assigned = self.assignment()
        check_copartitioned(assigned, self.transport.topics)
        positions = await self.transport.progress.positions(assigned)
        ends = await self.highwaters(*assigned)
        check_positions(positions, ends)
        await self._thread.seek_for(generation, positions, ends)

    def _seek_failure(self, error: Exception) -> FlowError:
        if isinstance(error, FlowError):
            return error
        if isinstance(error, TimeoutError):
            return FlowError(
                f"the offsets to start from were not reached within {self.transport.progress.deadline:g} s; "
                "check that Redis and Kafka answer"
            )
        return FlowError(f"the offsets to start from could not be read or reached: {said(error)}")

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        """Read no more of a partition while the job has records of it that must wait."""
        # Faust passes, and changes, its own set of the partitions that are not paused.
        readable = (active_partitions or set()) - self.transport.progress.waiting()
        return await super()._getmany(readable, timeout)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """Yield one message that carries a round, when the one before it is done."""
        await self.gate.idle()
        if self.transport.progress.waiting():
            timeout = min(timeout, _LOOK_AGAIN_S)
        fetched, _ = await self._wait_next_records(timeout)
        if not isinstance(fetched, Round):
            return  # every partition is paused
        if not fetched and fetched.positions == self._read_to and not self.transport.progress.waiting():
            return
        # A message yielded while the flow is suspended is thrown away.
        await self.can_resume_flow.wait()
        if self.gate.enter(fetched):
            self._read_to = fetched.positions
            yield self._message(fetched)

    def _message(self, fetched: Round) -> tuple[TP, ConsumerMessage]:
        tp = next(iter(fetched.ends))
        message = ConsumerMessage(
            tp.topic,
            tp.partition,
            -1,
            timestamp=0.0,
            timestamp_type=0,
            headers=None,
            key=None,
            value=fetched,  # type: ignore[arg-type]  # raw serializers hand it on untouched
            checksum=None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )
        return tp, message

    async def commit(self, topics: object = None, start_new_transaction: bool = True) -> bool:
        """Commit to Kafka what is safe in the state; Faust calls it by its timer and when it stops."""
        if self.gate.generation is None or self.crashed:  # a crash ends the thread that would answer
            return False
        async with self._committing:
            safe = self.transport.progress.committable()
            offsets = {tp: safe[tp] for tp in self.assignment() & safe.keys()}
            if not offsets or offsets == self._last_committed:
                return False
            committed = await self._commit(offsets)
            if committed:
                self._last_committed = offsets
            return committed


class RoundTransport(driver.Transport):
    """Faust's aiokafka transport, reading `topics` in rounds with the state's `progress` as its truth."""

    Consumer = RoundConsumer

    def __init__(self, url: Any, app: AppT, *, topics: tuple[str, ...], progress: Progress) -> None:
        super().__init__(url, app)
        self.topics = topics
        self.progress = progress


def check_copartitioned(assigned: set[TP], topics: tuple[str, ...]) -> None:
    """Refuse an assignment in which the topics' partitions differ: a key's events would be torn apart."""
    partitions: dict[str, set[int]] = defaultdict(set)
    for tp in assigned:
        partitions[tp.topic].add(tp.partition)
    if any(partitions[topic] != partitions[topics[0]] for topic in topics):
        numbers = "; ".join(f"{topic}: {sorted(partitions[topic])}" for topic in topics)
        raise FlowError(
            f"the topics were assigned different partitions ({numbers}); "
            "give them the same number of partitions, and let every worker of the group read the same topics"
        )


def check_positions(positions: Mapping[TP, int], ends: Mapping[TP, int]) -> None:
    """Refuse positions that miss an assigned partition or lie beyond the end of Kafka's log."""
    for tp, end in sorted(ends.items()):
        if tp not in positions:
            raise FlowError(f"the state gave no offset for {tp.topic} partition {tp.partition}")
        if positions[tp] > end:
            raise FlowError(
                f"the state has read {tp.topic} partition {tp.partition} up to offset {positions[tp]}, but "
                f"Kafka's log ends at {end}: the topic was made anew or has lost records; "
                "restore it, or start with an empty state and an empty topic of re-keyed events"
            )
