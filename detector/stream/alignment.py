"""Topics advance together: after an outage no topic runs hours ahead of another's backlog in event time.

Kafka hands over each topic at its own pace. If a worker that has fallen behind took what comes first, the
events of a slower topic would all come late for the keys that they share with a faster one. So within one
partition number, records wait while another topic, of which nothing is at hand, still has a backlog that
may hold earlier ones; of what is at hand, the earliest event time goes first. Kafka Streams aligns its
inputs in the same way.

Where events go on to keys that are fed by all partition numbers, these advance together as well: `turn` tells
how far a partition number is, and none is let further than a limit that whoever holds them all sets by that.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from aiokafka import ConsumerRecord

from detector.core.events import Event, Refusal

WAITS_AT_MOST_S = 10.0
WAITS_FOR_OTHERS_AT_MOST_S = 30.0
# While something waits, it is looked at ten times a second, and between two long rounds.
_BETWEEN_LOOKS_AT_MOST_S = 1.0
_LONG_AGO = -1
NEVER = sys.maxsize


class Dated(NamedTuple):
    """A record with what was decoded from it, and the event time (ms) by which it takes its turn."""

    event_time: int
    offset: int
    record: ConsumerRecord
    decoded: Event | Refusal


class _Topic:
    """One topic of a partition number: what is at hand, how far it was read, and how far it goes."""

    def __init__(self, position: int) -> None:
        self.held: deque[Dated] = deque()
        self.position = position
        self.end = position
        self.reached: int | None = None
        self.passed = _LONG_AGO

    @property
    def turn(self) -> int:
        """The event time that it is at with what comes next, never going back; NEVER where nothing comes."""
        if self.held:
            return max(self.passed, self.held[0].event_time)
        return self.passed if self.may_hold_earlier else NEVER

    @property
    def may_hold_earlier(self) -> bool:
        """Whether Kafka has records of it of which none is at hand."""
        return not self.held and self.position < self.end

    def hand_out(self, to: list[Dated], bound: int) -> None:
        """Hand out from the front what is not later than the bound."""
        held = self.held
        passed = self.passed
        while held:
            event_time = held[0].event_time
            if event_time > bound:
                break
            to.append(held.popleft())
            passed = max(passed, event_time)
        self.passed = passed


class Alignment:
    """Puts the records of one partition number, over all its topics, into the order of processing.

    Args:
        positions: the offset of each topic from which on it is read.
        slack: ms of event time that a topic may be ahead of another's backlog.
    """

    def __init__(self, positions: dict[str, int], slack: int) -> None:
        self._topics = {topic: _Topic(position) for topic, position in positions.items()}
        self._by_name = [self._topics[name] for name in sorted(self._topics)]
        self._slack = slack

    def extend(self, topic: str, records: Iterable[Dated]) -> None:
        """Take records that were fetched, in the order of their offsets; those seen before are dropped."""
        known = self._topics[topic]
        for record in records:
            if record.offset >= known.position:
                known.held.append(record)
                known.position = record.offset + 1
                known.reached = record.event_time

    def extends_to(self, topic: str, end: int) -> None:
        """Learn that Kafka has records of a topic up to, not including, an offset."""
        known = self._topics[topic]
        known.end = max(known.end, end)

    def has_read_to(self, topic: str, position: int) -> None:
        """Learn that all that lies before an offset was fetched, also where there is no record."""
        known = self._topics[topic]
        known.position = max(known.position, position)

    def release(self, patient: bool = True, limit: int = NEVER) -> list[Dated]:
        """Hand out the records that need not wait, the earliest first, none of them later than the limit.

        Without patience none waits for another topic of this partition number.
        """
        released: list[Dated] = []
        bound = min(self._bound(), limit) if patient else limit
        while True:
            first, other = self._first()
            if first is None or first.held[0].event_time > bound:
                return released
            first.hand_out(released, min(bound, other))
            if patient and not first.held:
                bound = min(self._bound(), limit)

    def _first(self) -> tuple[_Topic | None, int]:
        """The topic that holds the earliest record, and where the earliest of the others is."""
        first: _Topic | None = None
        earliest = other = NEVER
        for known in self._by_name:
            if known.held:
                event_time = known.held[0].event_time
                if first is None or event_time < earliest:
                    first, earliest, other = known, event_time, earliest
                elif event_time < other:
                    other = event_time
        return first, other

    def following(self) -> dict[str, int]:
        """The offset of each topic from which on nothing was handed out."""
        return {
            name: known.held[0].offset if known.held else known.position
            for name, known in self._topics.items()
        }

    def turn(self) -> int:
        """The event time that the topic furthest behind is at with what comes next; NEVER without any."""
        return min(known.turn for known in self._topics.values())

    def waiting(self) -> set[str]:
        """The topics of which records are at hand that must wait: more of them need not be fetched."""
        return {name for name, known in self._topics.items() if known.held}

    def _bound(self) -> int:
        """The event time up to which records may go."""
        bounds = [
            _LONG_AGO if known.reached is None else known.reached + self._slack
            for known in self._topics.values()
            if known.may_hold_earlier
        ]
        return min(bounds, default=NEVER)


class PatientAlignment(Alignment):
    """An alignment that waits for a backlog only so long: where nothing comes of it, what is at hand goes.

    The time that the worker itself stood still for, held up or stopped, does not count: nothing could come.
    """

    def __init__(self, positions: dict[str, int], slack: int) -> None:
        super().__init__(positions, slack)
        self._looked_at: float | None = None
        self._waited = 0.0

    def release_in_time(self, limit: int) -> list[Dated]:
        """What need not wait; everything, where all at hand has waited as long as is borne."""
        now = time.monotonic()
        if self._looked_at is not None:
            self._waited += min(now - self._looked_at, _BETWEEN_LOOKS_AT_MOST_S)
        patient = self._waited <= WAITS_AT_MOST_S
        released = self.release(patient, limit if self._waited <= WAITS_FOR_OTHERS_AT_MOST_S else NEVER)
        if released or not self.waiting():
            self._looked_at, self._waited = None, 0.0
        else:
            self._looked_at = now
        return released
