"""One round: decode, load, evaluate, commit, publish."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Mapping
from typing import NamedTuple

from faust.types import TP

from detector.core.deciding import Deciding
from detector.monitor.metrics import Metrics
from detector.state.errors import StateError
from detector.state.store import Commit, CommitResult, Outcome, StateStore
from detector.stream.counts import count_letters, count_share
from detector.stream.dead_letters import DeadLetters
from detector.stream.evaluation import Evaluation
from detector.stream.event_times import EventTimes
from detector.stream.forwarder import Forwarder
from detector.stream.histories import Histories
from detector.stream.intake import Intake, Position
from detector.stream.publisher import Publisher
from detector.stream.rekeying import Rekeying
from detector.stream.rounds import Round
from detector.stream.scopes import Scopes
from detector.stream.shares import Share, in_parts

log = logging.getLogger(__name__)

FENCED_AT_MOST_S = 30.0


class StateWentBackError(StateError):
    """The stored offsets are not those that this worker left: Redis lost its last writes."""


class Outlets(NamedTuple):
    """Where what a round leads to goes."""

    publisher: Publisher
    dead_letters: DeadLetters
    forwarder: Forwarder


class _Next(NamedTuple):
    """What is to decide from the next round on."""

    deciding: Deciding
    reread: bool


class Processor:
    """Takes rounds through the engines and commits what they lead to.

    Args:
        store: the only truth about progress.
        histories: of the keys, read through the store.
        scopes: decide.
        rekeying: takes events from the user scope to the merchant scope.
        intake: hands out the events.
        outlets: take alerts, what was refused, and what goes on, to Kafka.
        metrics: counts.
        source: names this detector in the headers of alerts.
    """

    def __init__(
        self,
        store: StateStore,
        histories: Histories,
        scopes: Scopes,
        rekeying: Rekeying,
        intake: Intake,
        outlets: Outlets,
        metrics: Metrics,
        source: str,
    ) -> None:
        self._store = store
        self._histories = histories
        self._scopes = scopes
        self._evaluation = Evaluation(histories, scopes, rekeying, source)
        self._intake = intake
        self._publisher, self._dead_letters, self._forwarder = outlets
        self._metrics = metrics
        self._times = EventTimes()
        self._next: _Next | None = None
        self._positions: dict[int, Position] = {}
        self._fenced_since: dict[int, float] = {}

    def own(self, positions: Mapping[int, Position]) -> None:
        """Go on from these positions, which replace all earlier ones."""
        self._histories.clear()
        self._positions = dict(positions)
        self._times.keep(positions)
        self._intake.own(positions)
        self._fenced_since.clear()

    def use(self, deciding: Deciding, reread: bool) -> None:
        """Decide with this from the next round on; `reread` where it has other rules."""
        self._next = _Next(deciding, reread or (self._next is not None and self._next.reread))

    def offsets(self) -> dict[TP, int]:
        """The next offsets that are safe in the state."""
        return {
            TP(topic, partition): offset
            for partition, position in self._positions.items()
            for topic, offset in position.offsets.items()
        }

    def event_time_lags(self, behind: Collection[TP]) -> dict[str, float]:
        """How far (seconds) each topic's events are behind now; `behind` names what has a backlog."""
        return self._times.lags(behind, time.time())

    def waiting(self) -> set[TP]:
        """The partitions of which records are at hand that must wait for another topic's."""
        return self._intake.waiting()

    async def process(self, fetched: Round) -> None:
        """Take a round to its commit; publishing goes on beside the next.

        Raises:
            StateWentBackError: the state is behind what this worker committed; it must acquire anew.
            StateError: the state cannot be read or written.
        """
        started = time.perf_counter()
        self._take_up_next()
        for partition in self._intake.take(fetched):
            self._tolerate_fencing(partition)
        self._timed("decode", started)
        await self._intake.keep_pace()
        events = 0
        while shares := self._intake.shares(self._positions):
            await self._work(shares)
            events += sum(map(len, shares.values()))
        await self._intake.tell_of_its_end()
        self._histories.forget_surplus()
        self._metrics.batch_events.observe(events)
        self._metrics.state_cache_keys.set(len(self._histories))
        self._metrics.histories_folded_total.inc(self._histories.folded())
        for rule_id, number in self._scopes.evaluations().items():
            self._metrics.rule_evaluations_total.labels(rule_id).inc(number)

    async def _work(self, shares: Mapping[int, Share]) -> None:
        """Take what the partitions bring next to its commit."""
        started = time.perf_counter()
        await self._histories.load({partition: share.keys for partition, share in shares.items()})
        started = self._timed("load", started)
        concluding = []
        for part in in_parts(shares):
            for partition, share in part.items():
                self._evaluation.evaluate(partition, share)
            started = self._timed("evaluate", started)
            concluding.append(asyncio.create_task(self._conclude(part)))
            # What is sent now is worked on by Redis while the next part is evaluated.
            await asyncio.sleep(0)
        await asyncio.gather(*concluding)
        self._timed("commit", started)

    def _take_up_next(self) -> None:
        if self._next is not None:
            self._scopes.use(self._next.deciding)
            self._histories.expect_others(self._next.reread)
            self._next = None

    async def _conclude(self, shares: Mapping[int, Share]) -> None:
        """Put the refused aside and send on what goes on, then commit.

        An offset moves on only when all that its record led to is safe.
        """
        letters = [
            letter
            for partition, share in shares.items()
            if share.letters and await self._still_owns(partition)
            for letter in share.letters
        ]
        await asyncio.gather(
            self._dead_letters.write(letters),
            self._forwarder.send(share.forwards for share in shares.values()),
        )
        count_letters(self._metrics, letters)
        await self._commit(shares)

    async def _still_owns(self, partition: int) -> bool:
        """Whether nobody else has the partition: a stopped worker that goes on reads what its heir wrote.

        By that its own records come too late, and its commit is refused, but dead letters would stay.
        """
        return await self._store.owns(partition, self._positions[partition].epoch)

    def _tolerate_fencing(self, partition: int) -> None:
        """Drop records of a partition that another worker took, unless Kafka goes on to give it to us."""
        since = self._fenced_since.setdefault(partition, time.monotonic())
        if time.monotonic() - since > FENCED_AT_MOST_S:
            raise StateError(
                f"partition {partition} is assigned to this worker, but the state says it is another's "
                f"for {FENCED_AT_MOST_S:.0f} s now; a restart takes it over"
            )

    async def _commit(self, shares: Mapping[int, Share]) -> None:
        commits = [self._commit_of(partition, share) for partition, share in shares.items()]
        results = await self._store.commit(commits)
        for commit, result in zip(commits, results, strict=True):
            self._metrics.state_commits_total.labels(result.outcome).inc()
            if result.outcome in (Outcome.APPLIED, Outcome.ALREADY_APPLIED):
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
            seen=share.seen,
        )

    async def _committed(self, commit: Commit, result: CommitResult, share: Share) -> None:
        position = self._positions[commit.partition]
        position.offsets.update({topic: following for topic, (_, following) in commit.advance.items()})
        position.seen.update(commit.seen)
        count_share(self._metrics, self._times, commit.partition, share)
        if commit.outbox:
            first = result.outbox_end - len(commit.outbox)
            await self._publisher.publish(commit.partition, commit.epoch, first, commit.outbox)

    def _not_committed(self, commit: Commit, result: CommitResult) -> None:
        partition = commit.partition
        if result.outcome is Outcome.FENCED:
            # Another worker has taken the partition over, and reads on from what is stored.
            log.warning("partition %d: fenced off, another worker owns it", partition)
            del self._positions[partition]
            self._intake.forget(partition)
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
