"""What each partition number brings to a round, gathered on its way from decoding to its commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from aiokafka import ConsumerRecord

from detector.core.alert import Alert
from detector.core.engine import Outcome
from detector.core.events import Event, Refusal
from detector.stream.alignment import Dated
from detector.stream.dead_letters import DeadLetter

PART_EVENTS = 2_000


class Share:
    """One partition's events with their records, and what they lead to.

    `keys` are those of the events, each once; `advance` maps a topic to its expected and its new next
    offset; `unusual` counts by topic, outcome and lateness the events that were late or not accepted.
    """

    def __init__(self) -> None:
        self.events: list[tuple[Event, ConsumerRecord]] = []
        self.keys: dict[str, None] = {}
        self.advance: dict[str, tuple[int, int]] = {}
        self.letters: list[DeadLetter] = []
        self.unusual: Counter[tuple[str, Outcome, bool]] = Counter()
        self.outbox: list[bytes] = []
        self.alerts: list[Alert] = []


def share_of(released: Sequence[Dated], offsets: Mapping[str, int]) -> Share:
    """The share that released records make, given the next offset of each topic before them."""
    share = Share()
    events, keys, last = share.events, share.keys, dict[str, int]()
    for _, offset, record, decoded in released:
        last[record.topic] = offset
        if isinstance(decoded, Refusal):
            share.letters.append(DeadLetter(record, decoded))
        else:
            events.append((decoded, record))
            keys[decoded.user_id] = None
    share.advance = {topic: (offsets[topic], offset + 1) for topic, offset in last.items()}
    return share


def in_parts(shares: Mapping[int, Share]) -> Iterator[dict[int, Share]]:
    """The partitions of a round, those of a large one in parts of at least `PART_EVENTS` events."""
    part: dict[int, Share] = {}
    events = 0
    for partition, share in shares.items():
        part[partition] = share
        events += len(share.events)
        if events >= PART_EVENTS:
            yield part
            part, events = {}, 0
    if part:
        yield part
