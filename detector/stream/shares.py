"""What each partition number brings to a round, gathered on its way from decoding to its commit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from aiokafka import ConsumerRecord

from detector.core.alert import Alert
from detector.core.engine import Outcome
from detector.core.history import Entry
from detector.state.store import Origin
from detector.stream.dead_letters import DeadLetter
from detector.stream.forwarder import Forwards
from detector.stream.rekeyed import Rekeyed

PART_EVENTS = 2_000

Arrival = tuple[str, Entry, ConsumerRecord, Rekeyed | None]
"""An event on its way through a scope: the store's key of its history, the event with its source, the record
read, and what that held where it was one of the internal topic. A plain tuple: one is made for every event.
"""


class Share:
    """One partition's events, and what they lead to.

    `users` and `merchants` hold the events of the two scopes; `keys` names their histories, each once.
    `advance` maps a topic to its expected and its new next offset. `seen` holds what changes of
    `Position.seen`, `resent` counts by topic the records that had been seen before. `unusual` counts by
    topic, outcome and lateness the events that were late or not accepted.
    """

    def __init__(self) -> None:
        self.users: list[Arrival] = []
        self.merchants: list[Arrival] = []
        self.keys: dict[str, None] = {}
        self.advance: dict[str, tuple[int, int]] = {}
        self.seen: dict[Origin, int] = {}
        self.resent: Counter[str] = Counter()
        self.letters: list[DeadLetter] = []
        self.unusual: Counter[tuple[str, Outcome, bool]] = Counter()
        self.forwards: Forwards = defaultdict(list)
        self.outbox: list[bytes] = []
        self.alerts: list[Alert] = []

    def __len__(self) -> int:
        return len(self.users) + len(self.merchants)

    def by_topic(self) -> dict[str, tuple[int, int]]:
        """For each topic how many of its events there are, and the event time of the last of them."""
        found: dict[str, tuple[int, int]] = {}
        for arrivals in (self.users, self.merchants):
            for _, entry, record, _ in arrivals:
                number, _ = found.get(record.topic, (0, 0))
                found[record.topic] = number + 1, entry[0].event_time
        return found


def in_parts(shares: Mapping[int, Share]) -> Iterator[dict[int, Share]]:
    """The partitions of a round, those of a large one in parts of at least `PART_EVENTS` events."""
    part: dict[int, Share] = {}
    events = 0
    for partition, share in shares.items():
        part[partition] = share
        events += len(share)
        if events >= PART_EVENTS:
            yield part
            part, events = {}, 0
    if part:
        yield part
