"""One round: decode, load, evaluate, commit, publish."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import NamedTuple

from aiokafka import ConsumerRecord
from faust.types import TP

from detector.core.alert import Alert
from detector.core.engine import Engine, Outcome
from detector.core.events import Event, Reason, Refusal, decode_record
from detector.core.history import Entry, Source
from detector.core.tiers import NO_TIERS, Tiers
from detector.monitor.metrics import Metrics
from detector.state.errors import StateError
from detector.state.store import Commit, CommitResult, StateStore
from detector.state.store import Outcome as CommitOutcome
from detector.stream.alignment import Dated, PatientAlignment
from detector.stream.counts import count_letters, count_share
from detector.stream.dead_letters import DeadLetter, DeadLetters
from detector.stream.histories import Histories
from detector.stream.outbox import pack
from detector.stream.publisher import Publisher
from detector.stream.rounds import Round
from detector.stream.shares import Share, in_parts, share_of

log = logging.getLogger(__name__)

FENCED_AT_MOST_S = 30.0
_TOO_LATE = Refusal(
    Reason.TOO_LATE, "event_time lies further back than the allowed lateness and than anything that is kept"
)


class StateWentBackError(StateError):
    """The stored offsets are not those that this worker left: Redis lost its last writes."""


class Position(NamedTuple):
    """Where a partition stands: the epoch of its ownership and the next offset of each topic."""

    epoch: str
    offsets: dict[str, int]


class _Next(NamedTuple):
    """What to decide with from the next round on."""

    engine: Engine
    tiers: Tiers
    reread: bool


class Processor:
    """Takes rounds through the engine and commits what they lead to; `commits` counts those applied.

    Args:
        store: the only truth about progress.
        histories: of the keys, read through the store.
        engine: decides.
        publisher: takes what was committed to Kafka.
        dead_letters: takes what was refused.
        metrics: counts.
        source: names this detector in the headers of alerts.
        slack: ms of event time that a topic may be ahead of another's backlog.
    """

    def __init__(
        self,
        store: StateStore,
        histories: Histories,
        engine: Engine,
        publisher: Publisher,
        dead_letters: DeadLetters,
        metrics: Metrics,
        source: str,
        slack: int,
    ) -> None:
        self._store = store
        self._histories = histories
        self._engine = engine
        self._publisher = publisher
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._source = source.encode()
        self._slack = slack
        self._tiers = NO_TIERS
        self._next: _Next | None = None
        self._positions: dict[int, Position] = {}
        self._aligned: dict[int, PatientAlignment] = {}
        self._fenced_since: dict[int, float] = {}
        self.commits = 0

    def own(self, positions: Mapping[int, Position]) -> None:
        """Go on from these positions, which replace all earlier ones."""
        self._histories.clear()
        self._positions = dict(positions)
        self._aligned = {
            partition: PatientAlignment(dict(position.offsets), self._slack)
            for partition, position in positions.items()
        }
        self._fenced_since.clear()

    def use(self, engine: Engine, tiers: Tiers, reread: bool) -> None:
        """Decide with these from the next round on; `reread` where the engine has other rules."""
        self._next = _Next(engine, tiers, reread or (self._next is not None and self._next.reread))

    @property
    def owns_any(self) -> bool:
        """Whether any partition is this worker's; may be asked from any thread."""
        return bool(self._positions)

    def offsets(self) -> dict[TP, int]:
        """The next offsets that are safe in the state."""
        return {
            TP(topic, partition): offset
            for partition, position in self._positions.items()
            for topic, offset in position.offsets.items()
        }

    def waiting(self) -> set[TP]:
        """The partitions of which records are at hand that must wait for another topic's."""
        return {
            TP(topic, partition)
            for partition, aligned in self._aligned.items()
            for topic in aligned.waiting()
        }

    async def process(self, fetched: Round) -> None:
        """Take a round to its commit; publishing goes on beside the next.

        Raises:
            StateWentBackError: the state is behind what this worker committed; it must acquire anew.
            StateError: the state cannot be read or written.
        """
        started = time.perf_counter()
        self._take_up_next()
        self._decode(fetched)
        shares = self._shares()
        started = self._timed("decode", started)
        await self._histories.load({partition: share.keys for partition, share in shares.items()})
        started = self._timed("load", started)
        concluding = []
        for part in in_parts(shares):
            letters = self._evaluate_all(part)
            started = self._timed("evaluate", started)
            concluding.append(asyncio.create_task(self._conclude(part, letters)))
            # What is sent now is worked on by Redis while the next part is evaluated.
            await asyncio.sleep(0)
        await asyncio.gather(*concluding)
        self._timed("commit", started)
        self._histories.forget_surplus()
        self._metrics.batch_events.observe(sum(len(share.events) for share in shares.values()))
        self._metrics.state_cache_keys.set(len(self._histories))

    def _take_up_next(self) -> None:
        if self._next is not None:
            self._engine, self._tiers, reread = self._next
            self._histories.use(self._engine, reread)
            self._next = None

    def _decode(self, fetched: Round) -> None:
        """Put every record, as an event or a refusal, into its place among the topics' records."""
        for tp, records in fetched.records.items():
            aligned = self._aligned.get(tp.partition)
            if aligned is None:
                self._tolerate_fencing(tp.partition)
                continue
            decoded = []
            reached = 0
            for record in records:
                event = decode_record(record.key, record.value, record.timestamp)
                if isinstance(event, Event):
                    event = self._tiers.given(event)
                    reached = event.event_time
                decoded.append(Dated(reached, record.offset, record, event))
            aligned.extend(tp.topic, decoded)
        for tp, end in fetched.ends.items():
            if tp.partition in self._aligned:
                self._aligned[tp.partition].extends_to(tp.topic, end)

    def _shares(self) -> dict[int, Share]:
        """What each partition brings that need not wait any longer."""
        shares = {}
        for partition, aligned in self._aligned.items():
            if released := aligned.release_in_time():
                shares[partition] = share_of(released, self._positions[partition].offsets)
        return shares

    def _evaluate_all(self, shares: Mapping[int, Share]) -> list[DeadLetter]:
        letters = [letter for share in shares.values() for letter in share.letters]
        for partition, share in shares.items():
            letters += self._evaluate(partition, share)
        return letters

    async def _conclude(self, shares: Mapping[int, Share], letters: list[DeadLetter]) -> None:
        """Put the refused aside, then commit: an offset moves on only when its dead letter is safe."""
        if letters:
            await self._dead_letters.write(letters)
            count_letters(self._metrics, letters)
        await self._commit(shares)

    def _tolerate_fencing(self, partition: int) -> None:
        """Drop records of a partition that another worker took, unless Kafka goes on to give it to us."""
        since = self._fenced_since.setdefault(partition, time.monotonic())
        if time.monotonic() - since > FENCED_AT_MOST_S:
            raise StateError(
                f"partition {partition} is assigned to this worker, but the state says it is another's "
                f"for {FENCED_AT_MOST_S:.0f} s now; a restart takes it over"
            )

    def _evaluate(self, partition: int, share: Share) -> list[DeadLetter]:
        """Let the engine see a partition's events; gives those that came too late for it."""
        too_late: list[DeadLetter] = []
        detected_at = int(time.time() * 1000)
        histories = self._histories.of(partition)
        observe = self._engine.observe
        for event, record in share.events:
            entry = Entry(event, Source(record.topic, partition, record.offset))
            outcome, late, alerts = observe(histories[event.user_id], entry, detected_at)
            if alerts:
                self._hand_over(share, alerts, record)
            if late or outcome is not Outcome.ACCEPTED:
                share.unusual[record.topic, outcome, late] += 1
                if outcome is Outcome.TOO_LATE:
                    too_late.append(DeadLetter(record, _TOO_LATE))
        return too_late

    def _hand_over(self, share: Share, alerts: list[Alert], record: ConsumerRecord) -> None:
        for alert in alerts:
            is_own = (alert.anchor.topic, alert.anchor.offset) == (record.topic, record.offset)
            traceparent = dict(record.headers).get("traceparent") if is_own else None
            share.outbox.append(pack(alert, self._source, record.timestamp, traceparent))
            share.alerts.append(alert)

    async def _commit(self, shares: Mapping[int, Share]) -> None:
        commits = [self._commit_of(partition, share) for partition, share in shares.items()]
        results = await self._store.commit(commits)
        for commit, result in zip(commits, results, strict=True):
            self._metrics.state_commits_total.labels(result.outcome).inc()
            if result.outcome in (CommitOutcome.APPLIED, CommitOutcome.ALREADY_APPLIED):
                await self._committed(commit, result, shares[commit.partition])
            else:
                self._not_committed(commit, result)

    def _commit_of(self, partition: int, share: Share) -> Commit:
        return Commit(
            partition=partition,
            epoch=self._positions[partition].epoch,
            advance=share.advance,
            writes=self._histories.writes_of(partition, share.keys),
            outbox=share.outbox,
        )

    async def _committed(self, commit: Commit, result: CommitResult, share: Share) -> None:
        offsets = self._positions[commit.partition].offsets
        offsets.update({topic: following for topic, (_, following) in commit.advance.items()})
        self.commits += 1
        count_share(self._metrics, share)
        if commit.outbox:
            first = result.outbox_end - len(commit.outbox)
            await self._publisher.publish(commit.partition, commit.epoch, first, commit.outbox)

    def _not_committed(self, commit: Commit, result: CommitResult) -> None:
        partition = commit.partition
        if result.outcome is CommitOutcome.FENCED:
            # Another worker has taken the partition over, and reads on from what is stored.
            log.warning("partition %d: fenced off, another worker owns it", partition)
            del self._positions[partition], self._aligned[partition]
            self._fenced_since[partition] = time.monotonic()
            self._histories.forget(partition)
            return
        raise StateWentBackError(
            f"partition {partition}: the state's offsets are {result.stored}, not those this worker left "
            f"({ {topic: expected for topic, (expected, _) in commit.advance.items()} }): "
            "Redis has lost its last writes; a restart reads on from what is stored"
        )

    def _timed(self, stage: str, started: float) -> float:
        now = time.perf_counter()
        self._metrics.batch_seconds.labels(stage).observe(now - started)
        return now
