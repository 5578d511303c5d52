"""Mutants of the way from Kafka through a round and back to Kafka."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from itertools import chain

from aiokafka import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from detector.core import alert
from detector.state.store import Ownership
from detector.stream import alignment
from detector.stream.dead_letters import DeadLetter, DeadLetters
from detector.stream.histories import Histories
from detector.stream.processor import Processor
from detector.stream.publisher import Publisher
from detector.stream.shares import Share
from detector.stream.takeover import Takeover
from detector.stream.transport import RoundConsumer
from detector.stream.worker import _Worker
from tests.faults.mutants.mutant import Mutant

_LATER_S = 1.0


def _trim_before_the_acknowledgement() -> None:
    publish = Publisher.publish

    async def trimmed_first(
        self: Publisher, partition: int, epoch: str, first: int, entries: Sequence[bytes]
    ) -> None:
        await self._store.trim_outbox(partition, epoch, first + len(entries))
        await publish(self, partition, epoch, first, entries)

    Publisher.publish = trimmed_first


def _leave_what_was_left() -> None:
    async def nothing(_self: Takeover, _ownership: Ownership) -> None:
        pass

    Takeover._publish_what_was_left = nothing


def _seek_to_committed_offsets() -> None:
    positions = _Worker.positions

    async def as_committed(self: _Worker, assigned: set[TP]) -> Mapping[TP, int]:
        found = dict(await positions(self, assigned))
        committed = await self._offsets.committed([TopicPartition(*tp) for tp in assigned])
        return found | {TP(*place): offset for place, offset in committed.items()}

    _Worker.positions = as_committed


def _seek_in_the_signal() -> None:
    assigned_before = RoundConsumer.on_partitions_assigned

    async def at_once(self: RoundConsumer, assigned: set[TP], generation_id: int = 0) -> None:
        self.gate.assign()
        await self.gate.seek(self._seek_to_state)
        self.gate.assign = lambda: None  # type: ignore[method-assign]
        await assigned_before(self, assigned, generation_id)
        del self.gate.assign

    async def as_faust_does(self: RoundConsumer) -> None:
        await driver.Consumer.seek_to_committed(self)

    RoundConsumer.on_partitions_assigned = at_once
    RoundConsumer.perform_seek = as_faust_does


def _commit_before_sending_on() -> None:
    async def commit_first(self: Processor, shares: Mapping[int, Share]) -> None:
        letters = [letter for share in shares.values() for letter in share.letters]
        await self._dead_letters.write(letters)
        await self._commit(shares)
        await self._forwarder.send(share.forwards for share in shares.values())

    Processor._conclude = commit_first


def _wait_for_no_dead_letter() -> None:
    write = DeadLetters.write
    under_way = set()

    async def later(self: DeadLetters, letters: Sequence[DeadLetter]) -> None:
        await asyncio.sleep(_LATER_S)
        await write(self, letters)

    async def unawaited(self: DeadLetters, letters: Sequence[DeadLetter]) -> None:
        under_way.add(asyncio.create_task(later(self, letters)))

    DeadLetters.write = unawaited


def _align_nothing() -> None:
    def all_at_once(self: alignment.PatientAlignment, _limit: int) -> list[alignment.Dated]:
        released = list(chain.from_iterable(known.held for known in self._topics.values()))
        for known in self._topics.values():
            known.held.clear()
        return released

    alignment.PatientAlignment.release_in_time = all_at_once


def _name_alerts_by_the_clock() -> None:
    alert.alert_id = lambda *parts: alert._digest("alert", *parts, time.time_ns())


def _keep_histories_across_assignments() -> None:
    Histories.clear = lambda _self: None


OF_THE_FLOW = {
    "outbox trimmed before the acknowledgement": Mutant(
        "an alert leaves the outbox when Kafka has it",
        "dies before the acknowledgement",
        _trim_before_the_acknowledgement,
    ),
    "what was left in the outbox is not published": Mutant(
        "an alert that was committed is published",
        "dies before publishing",
        _leave_what_was_left,
    ),
    "seeks to Kafka's committed offsets": Mutant(
        "Redis is the only truth about progress",
        "Redis goes back",
        _seek_to_committed_offsets,
    ),
    "seeks in the assignment's signal": Mutant(
        "nothing undoes the seek to Redis' offsets",
        "Redis goes back",
        _seek_in_the_signal,
    ),
    "source offsets committed before re-keyed events are sent": Mutant(
        "an offset moves on when all that its record led to is safe",
        "dies before sending on",
        _commit_before_sending_on,
    ),
    "dead letters are not awaited": Mutant(
        "an offset moves on when all that its record led to is safe",
        "dies after a round",
        _wait_for_no_dead_letter,
    ),
    "topics are not aligned": Mutant(
        "after an outage topics advance together",
        "a backlog",
        _align_nothing,
    ),
    "alert ids from the clock": Mutant(
        "an alert has the same id in every run",
        "dies before publishing",
        _name_alerts_by_the_clock,
    ),
    "histories in memory outlive an assignment": Mutant(
        "a worker that gets a partition back reads what others wrote",
        "partitions come back",
        _keep_histories_across_assignments,
    ),
}
