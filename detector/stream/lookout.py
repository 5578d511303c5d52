"""Looks for the signs of life from the main loop, whether there is work or not."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from detector.monitor.exceptions import said
from detector.monitor.health import Health
from detector.monitor.metrics import Metrics
from detector.state.errors import StateError
from detector.state.store import StateStore
from detector.stream.log_offsets import LogOffsets
from detector.stream.processor import Processor
from detector.stream.signs import Sign, Signs
from detector.stream.standstill import Place, Standstill
from detector.stream.transport import Stage

_BEAT_SECONDS = 1.0
_LOOK_SECONDS = 2.0
# A look that hangs is given up and tried again; the sign it looks for is missing meanwhile.
_LOOK_WITHIN_S = 5.0


class Lookout:
    """Notes the signs of life that it sees, and measures how far behind Kafka the worker is.

    Args:
        signs: where what is seen is noted.
        health: has the main loop's heartbeat.
        store: must answer.
        offsets: must tell the ends of Kafka's logs, and joins no group: it answers where the consumer hangs.
        processor: has the offsets that must move on.
        metrics: take the lag, and how full the store is.
        anywhere: a partition of which Kafka can be asked while none is assigned.
    """

    def __init__(
        self,
        signs: Signs,
        health: Health,
        store: StateStore,
        offsets: LogOffsets,
        processor: Processor,
        metrics: Metrics,
        anywhere: TP,
    ) -> None:
        self._signs = signs
        self._health = health
        self._store = store
        self._offsets = offsets
        self._processor = processor
        self._metrics = metrics
        self._anywhere = anywhere
        self._stage = Stage.REVOKED
        self._owned: frozenset[TP] = frozenset()
        self._ends: Mapping[TP, int] = {}
        self._standstill = Standstill()

    def enter(self, stage: Stage, assigned: Iterable[TP]) -> None:
        """Learn how far the group and the flow are."""
        self._stage = stage
        self._owned = frozenset(assigned) if stage is Stage.FLOWING else frozenset()

    def chores(self) -> list[Coroutine[Any, Any, None]]:
        """What must run beside the work until cancelled; the heart beats first."""
        return [
            _again(self.beat, _BEAT_SECONDS),
            _again(self.look_at_redis, _LOOK_SECONDS),
            _again(self.look_at_kafka, _LOOK_SECONDS),
        ]

    async def beat(self) -> None:
        """Show that the main loop runs, and which stage it is in."""
        if self._stage is not Stage.REVOKED:
            self._signs.seen(Sign.GROUP)
        if self._stage is not Stage.ASSIGNED:
            self._signs.seen(Sign.FLOW)
        self._health.beat()

    async def look_at_redis(self) -> None:
        """See whether Redis answers."""
        try:
            await self._store.probe({tp.partition for tp in self._owned or (self._anywhere,)})
            memory = await self._store.memory()
        except StateError as error:
            self._signs.missed(Sign.REDIS, str(error))
        else:
            self._signs.seen(Sign.REDIS)
            self._metrics.redis_used_memory_bytes.set(memory.used)
            self._metrics.redis_max_memory_bytes.set(memory.limit)

    async def look_at_kafka(self) -> None:
        """See whether Kafka answers, and whether what it has is being processed."""
        try:
            async with asyncio.timeout(_LOOK_WITHIN_S):
                await self._read_ends()
        except TimeoutError:
            self._signs.missed(Sign.KAFKA, f"no answer within {_LOOK_WITHIN_S:g} s")
        except (KafkaError, OSError) as error:
            self._signs.missed(Sign.KAFKA, said(error))
        else:
            self._signs.seen(Sign.KAFKA)
        self._look_at_records()

    async def _read_ends(self) -> None:
        places = [TopicPartition(*tp) for tp in self._owned or (self._anywhere,)]
        self._ends = {TP(*place): end for place, end in (await self._offsets.ends(places)).items()}
        lags = self._lags()
        for tp, lag in lags.items():
            self._metrics.consumer_lag_records.labels(tp.topic, tp.partition).set(lag)
        behind = {tp for tp, lag in lags.items() if lag}
        for topic, seconds in self._processor.event_time_lags(behind).items():
            self._metrics.event_time_lag_seconds.labels(topic).set(seconds)

    def _look_at_records(self) -> None:
        now = self._signs.now()
        since = self._standstill.look(self._places(), now)
        oldest = min(since.values(), default=now)
        self._signs.seen(Sign.RECORDS, at=oldest)
        if oldest < now:
            still = sorted(number for number, at in since.items() if at == oldest)
            self._signs.missed(Sign.RECORDS, f"partitions {', '.join(map(str, still))}")

    def _places(self) -> dict[int, Place]:
        reached: dict[int, int] = defaultdict(int)
        left: dict[int, int] = defaultdict(int)
        for tp, offset in self._offsets_of_owned().items():
            reached[tp.partition] += offset
        for tp, lag in self._lags().items():
            left[tp.partition] += lag
        waiting = {tp.partition for tp in self._processor.waiting()}
        return {number: Place(reached[number], left[number], number in waiting) for number in reached}

    def _lags(self) -> dict[TP, int]:
        """How many records each partition has beyond the stored offsets, as far as the ends are known."""
        offsets = self._offsets_of_owned()
        return {tp: max(0, self._ends[tp] - at) for tp, at in offsets.items() if tp in self._ends}

    def _offsets_of_owned(self) -> dict[TP, int]:
        return {tp: at for tp, at in self._processor.offsets().items() if tp in self._owned}


async def _again(look: Callable[[], Awaitable[None]], pause: float) -> None:
    while True:
        await look()
        await asyncio.sleep(pause)
