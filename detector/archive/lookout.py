"""Looks for signs of life of the archive's parts, and measures how far behind Kafka it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from detector.archive.database import POSTGRESQL, Database
from detector.archive.metrics import ArchiveMetrics
from detector.monitor.exceptions import said
from detector.monitor.health import Health
from detector.stream.log_offsets import LogOffsets
from detector.stream.signs import ENDS_AFTER_S, Stall

_LOOK_SECONDS = 2.0
# A look that hangs is given up and tried again; the sign that it looks for is missing meanwhile.
_LOOK_WITHIN_S = 5.0


class Lookout:
    """Beats the heart, asks Kafka, and says what has stalled; only `run` needs the main loop.

    Args:
        offsets: ask Kafka beside the consumer, so they answer where that hangs.
        assignment: the partitions that the consumer has now.
        database: knows whether PostgreSQL is away, which is no stall of the archive.
        health: has the main loop's heartbeat.
        metrics: take the lag.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        offsets: LogOffsets,
        assignment: Callable[[], Collection[TopicPartition]],
        database: Database,
        health: Health,
        metrics: ArchiveMetrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._offsets = offsets
        self._assignment = assignment
        self._database = database
        self._health = health
        self._metrics = metrics
        self._clock = clock
        self._reached = 0
        self._answered_at = self._moved_at = clock()
        self._detail = ""

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            self._health.beat()
            await self.look()
            await asyncio.sleep(_LOOK_SECONDS)

    def stalls(self) -> list[Stall]:
        """How long each sign has been missing."""
        now = self._clock()
        stuck, silent = self._health.heartbeat_age(), now - self._answered_at
        still, waiting = now - self._moved_at, self._database.silent_seconds()
        return [
            Stall(name, f"{reason} for {seconds:.0f} s{detail}", seconds, ENDS_AFTER_S)
            for name, reason, seconds, detail in (
                ("main loop", "the main loop has been stuck", stuck, ""),
                ("kafka", "Kafka has not told the ends of its logs", silent, self._detail),
                (POSTGRESQL, "PostgreSQL has not answered", waiting, ""),
                ("records", "Kafka has more alerts, but none was archived", still, ""),
            )
        ]

    async def look(self) -> None:
        """See whether Kafka answers, and whether what it has is being archived."""
        try:
            async with asyncio.timeout(_LOOK_WITHIN_S):
                await self._measure()
        except TimeoutError:
            self._detail = f": no answer within {_LOOK_WITHIN_S:g} s"
        except (KafkaError, OSError) as error:
            self._detail = f": {said(error)}"
        else:
            self._answered_at, self._detail = self._clock(), ""

    async def _measure(self) -> None:
        places = self._assignment()
        ends = await self._offsets.ends(places)
        committed = await self._offsets.committed(places)
        # What Kafka has deleted unread is not waited for.
        begins = await self._offsets.beginnings(places)
        reached = {place: max(begin, committed.get(place, 0)) for place, begin in begins.items()}
        lags = {place: max(0, end - reached[place]) for place, end in ends.items()}
        self._metrics.show_lags(lags)
        now_reached = sum(reached.values())
        if now_reached != self._reached or not any(lags.values()) or self._database.is_away:
            self._moved_at = self._clock()
        self._reached = now_reached
