"""The fetch round: the unit in which the live job reads Kafka."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord
from faust.types import TP


@dataclass(frozen=True, slots=True, repr=False)
class Round:
    """What one fetch brought, over all topics and partitions.

    `records` holds each partition's records in offset order, never an empty sequence; it is empty itself
    where the job has records waiting and Kafka had no more. `ends` tells where Kafka's log of every assigned
    partition ends, as far as is known. `positions` tells from where on each is read next: that may lie beyond
    its last record, for transactions leave markers in the log.
    `generation` numbers the assignment whose seek they were read after, counted by this process.
    """

    records: Mapping[TP, Sequence[ConsumerRecord[bytes, bytes]]]
    ends: Mapping[TP, int]
    generation: int
    positions: Mapping[TP, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.records.values()))

    def __repr__(self) -> str:
        return f"<Round of {len(self)} records from {len(self.records)} partitions>"
