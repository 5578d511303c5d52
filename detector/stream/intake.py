"""What was fetched and is yet to be processed: decoded, in its order, and sorted into shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from aiokafka import ConsumerRecord
from faust.types import TP

from detector.core.events import Event, Refusal, decode_record
from detector.core.history import Entry, Source, new_tuple
from detector.state.store import Origin
from detector.stream.alignment import NEVER, Dated, PatientAlignment
from detector.stream.dead_letters import DeadLetter
from detector.stream.pace import Pace, Turns
from detector.stream.rekeyed import Rekeyed
from detector.stream.rekeying import Rekeying
from detector.stream.rounds import Round
from detector.stream.scopes import Scopes
from detector.stream.shares import Arrival, Share

Reading = tuple[ConsumerRecord, Rekeyed | Refusal]


class Position(NamedTuple):
    """Where a partition stands: the epoch of its ownership, the next offset of each topic, and what was seen.

    `seen` is as in `Ownership`.
    """

    epoch: str
    offsets: dict[str, int]
    seen: dict[Origin, int]


class Intake:
    """Holds what was fetched of the owned partitions until it is its turn.

    The input topics of a partition number advance together. So do all partition numbers, those of other
    workers too, where events go on to merchants: these are fed by all of them, and what came hours after
    the rest would be too late there. The internal topic of re-keyed events takes no part in that: it is fed
    by the inputs, and is processed as it comes.

    Args:
        internal: the topic of re-keyed events.
        rekeying: reads its records.
        scopes: which history an event belongs to.
        pace: tells how far the partitions of other workers are.
        slack: ms of event time that an input topic may be ahead of another's backlog.
    """

    def __init__(self, internal: str, rekeying: Rekeying, scopes: Scopes, pace: Pace, slack: int) -> None:
        self._internal = internal
        self._rekeying = rekeying
        self._scopes = scopes
        self._pace = pace
        self._elsewhere: int | None = None
        self._turned: Turns = {}
        self._slack = slack
        self._aligned: dict[int, PatientAlignment] = {}
        self._rekeyed: dict[int, list[Reading]] = {}

    def own(self, positions: Mapping[int, Position]) -> None:
        """Go on from these positions; what was held is let go of."""
        self._aligned = {
            partition: PatientAlignment(
                {topic: offset for topic, offset in position.offsets.items() if topic != self._internal},
                self._slack,
            )
            for partition, position in positions.items()
        }
        self._rekeyed = {partition: [] for partition in positions}
        self._elsewhere = None
        self._pace.begin()

    def forget(self, partition: int) -> None:
        """Let go of a partition that another worker has taken over.

        That reads again what was handed out last: until it tells how far it is, the rest must not run ahead.
        """
        del self._aligned[partition], self._rekeyed[partition]
        turns = [turn for turn in (self._turned.get(partition), self._elsewhere) if turn is not None]
        self._elsewhere = min(turns, default=None)
        self._pace.begin()

    def take(self, fetched: Round) -> set[int]:
        """Decode a round; gives the partitions in it that are not owned, whose records are dropped."""
        for tp, records in fetched.records.items():
            if tp.partition not in self._aligned:
                continue
            if tp.topic == self._internal:
                decode = self._rekeying.decode
                self._rekeyed[tp.partition] += [(record, decode(record)) for record in records]
            else:
                self._aligned[tp.partition].extend(tp.topic, self._dated(records))
        for tp, end in fetched.ends.items():
            if tp.partition in self._aligned and tp.topic != self._internal:
                self._aligned[tp.partition].extends_to(tp.topic, end)
        for tp, position in fetched.positions.items():
            if tp.partition in self._aligned and tp.topic != self._internal:
                self._aligned[tp.partition].has_read_to(tp.topic, position)
        return {tp.partition for tp in fetched.records} - self._aligned.keys()

    def waiting(self) -> set[TP]:
        """The partitions of which records are at hand that must wait for another topic's."""
        return {
            TP(topic, partition)
            for partition, aligned in self._aligned.items()
            for topic in aligned.waiting()
        }

    async def keep_pace(self) -> None:
        """See how far the partitions of other workers are; to be done before shares are asked for."""
        if self._scopes.routing.leads_on:
            self._elsewhere = await self._pace.of_others(self._turns(), bool(self.waiting()))

    async def tell_of_its_end(self) -> None:
        """Tell other workers where a partition has no backlog any more; to be done when shares have ended."""
        if self._scopes.routing.leads_on:
            await self._pace.has_caught_up(self._turns())

    def shares(self, positions: Mapping[int, Position]) -> dict[int, Share]:
        """What each partition brings next; to be asked again until nothing comes."""
        shares = {}
        self._turned = self._turns()
        limit = self._limit()
        for partition, aligned in self._aligned.items():
            share = Share()
            self._add_inputs(share, partition, aligned.release_in_time(limit))
            offsets = positions[partition].offsets
            for topic, following in aligned.following().items():
                if following > offsets[topic]:
                    share.advance[topic] = (offsets[topic], following)
            self._add_rekeyed(share, self._rekeyed[partition], positions[partition])
            self._rekeyed[partition] = []
            if share.advance:
                shares[partition] = share
        return shares

    def _dated(self, records: Iterable[ConsumerRecord]) -> list[Dated]:
        """Every record, as an event or a refusal, with the event time by which it takes its turn."""
        dated = []
        reached = 0
        give = self._scopes.tiers.give
        for record in records:
            event = decode_record(record.key, record.value, record.timestamp)
            if isinstance(event, Event):
                give(event)
                reached = event.event_time
            dated.append(new_tuple(Dated, (reached, record.offset, record, event)))
        return dated

    def _turns(self) -> Turns:
        turns = {partition: aligned.turn() for partition, aligned in self._aligned.items()}
        return {partition: None if turn == NEVER else turn for partition, turn in turns.items()}

    def _limit(self) -> int:
        """The event time up to which partitions may go, so that none comes late for the merchants of all."""
        if not self._scopes.routing.leads_on:
            return NEVER
        turns = [turn for turn in (*self._turned.values(), self._elsewhere) if turn is not None]
        return min(turns, default=NEVER) + self._slack

    def _add_inputs(self, share: Share, partition: int, released: Iterable[Dated]) -> None:
        scope = self._scopes.user
        arrivals, keys = share.users, share.keys
        for _, offset, record, decoded in released:
            if isinstance(decoded, Refusal):
                share.letters.append(DeadLetter(record, decoded))
                continue
            key = scope.key(decoded)
            keys[key] = None
            source = new_tuple(Source, (record.topic, partition, offset))
            arrivals.append((key, new_tuple(Entry, (decoded, source)), record, None))

    def _add_rekeyed(self, share: Share, readings: Iterable[Reading], position: Position) -> None:
        """Take what was not seen yet, by the order of the log; then let it go on by that of event time.

        It comes from many partitions, and the nearer to its order, the less is looked at again.
        """
        scope = self._scopes.merchant
        topic = self._internal
        expected = following = position.offsets[topic]
        for record, rekeyed in readings:
            if record.offset < following:
                continue
            following = record.offset + 1
            if isinstance(rekeyed, Refusal):
                share.letters.append(DeadLetter(record, rekeyed))
                continue
            source = self._rekeying.source(rekeyed)
            origin = source[:2]
            if source.offset < share.seen.get(origin, position.seen.get(origin, 0)):
                share.resent[topic] += 1
                continue
            share.seen[origin] = source.offset + 1
            key = scope.key(rekeyed.event)
            share.keys[key] = None
            share.merchants.append((key, new_tuple(Entry, (rekeyed.event, source)), record, rekeyed))
        share.merchants.sort(key=_place)
        if following > expected:
            share.advance[topic] = (expected, following)


def _place(arrival: Arrival) -> tuple[int, str]:
    event = arrival[1].event
    return event.event_time, event.event_id
