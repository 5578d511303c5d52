"""Takes events from user to merchant scope: makes and reads the records of the internal topic."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from aiokafka import ConsumerRecord
from aiokafka.partitioner import DefaultPartitioner

from detector.core.events import Reason, Refusal
from detector.core.history import Entry, Source, new_tuple
from detector.stream.dead_letters import HEADERS_OMITTED
from detector.stream.rekeyed import (
    FORMAT,
    TYPE_NUMBERS,
    Original,
    Rekeyed,
    rekeyed_decoder,
    traceparent_of,
)

_MOST_MERCHANTS_KNOWN = 20_000
# So that what must come along fits into a record: key and value of an event have 64 KiB at most each.
_MOST_HEADER_BYTES = 64 * 1024
_NO_EVENT = f"the value is not a re-keyed event of format {FORMAT}"

_encode = msgspec.msgpack.Encoder().encode
_fields_of = msgspec.structs.astuple


class Rekeying:
    """Writes and reads the records of the internal topic.

    Args:
        topics: the input topics, which records name by their place among them.
        partitions: how many partitions each of them, and the internal topic, has.
    """

    def __init__(self, topics: Sequence[str], partitions: int) -> None:
        self._topics = tuple(topics)
        self._numbers = {topic: number for number, topic in enumerate(topics)}
        self._partitions = partitions
        self._all = list(range(partitions))
        self._partitioner = DefaultPartitioner()
        self.address = lru_cache(_MOST_MERCHANTS_KNOWN)(self._address)

    def encode(self, entry: Entry, record: ConsumerRecord[bytes, bytes], refused: bool) -> bytes:
        """What stands for the event of a record; `refused` where it was too late for its user."""
        event, source = entry
        assert source is not None
        fields = [TYPE_NUMBERS[event.type], *_fields_of(event)]
        while fields[-1] is None:
            fields.pop()
        value = [
            FORMAT,
            self._numbers[source.topic],
            source.partition,
            source.offset,
            record.timestamp,
            fields,
        ]
        if record.headers or refused:
            value += [traceparent_of(record), _original(record) if refused else None]
        return _encode(value)

    def decode(self, record: ConsumerRecord[bytes, bytes]) -> Rekeyed | Refusal:
        """What a record of the internal topic holds, or why it is refused: another has written it."""
        if record.value is None:
            return Refusal(Reason.NULL_VALUE, "the value is null")
        try:
            rekeyed = rekeyed_decoder.decode(record.value)
        except msgspec.ValidationError:
            return Refusal(Reason.BAD_FIELD, _NO_EVENT)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Refusal(Reason.NOT_JSON, f"{_NO_EVENT}, and not MessagePack at all")
        if rekeyed.topic >= len(self._topics) or rekeyed.partition >= self._partitions:
            return Refusal(Reason.BAD_FIELD, "the re-keyed event names a source that does not exist")
        if record.key != self.address(rekeyed.event.merchant_id)[1]:
            return Refusal(Reason.KEY_MISMATCH, "the record's key is not the event's merchant_id")
        return rekeyed

    def _address(self, merchant: str) -> tuple[int, bytes]:
        """The partition that a merchant's events lie in, as Kafka's own clients have it, and their key."""
        key = merchant.encode()
        return self._partitioner(key, self._all, self._all), key

    def source(self, rekeyed: Rekeyed) -> Source:
        """Where the event was read."""
        return new_tuple(Source, (self._topics[rekeyed.topic], rekeyed.partition, rekeyed.offset))

    def original(self, rekeyed: Rekeyed) -> ConsumerRecord[bytes, bytes]:
        """The record that the platform wrote, of an event that has it with it."""
        found = rekeyed.original
        assert found is not None
        return ConsumerRecord(
            *self.source(rekeyed),
            timestamp=rekeyed.timestamp,
            timestamp_type=0,
            key=found.key,
            value=found.value,
            checksum=None,
            serialized_key_size=len(found.key or b""),
            serialized_value_size=len(found.value or b""),
            headers=found.headers,
        )


def _original(record: ConsumerRecord[bytes, bytes]) -> Original:
    headers = list(record.headers)
    size = sum(len(name.encode()) + len(value or b"") for name, value in headers)
    if size > _MOST_HEADER_BYTES:
        headers = [(HEADERS_OMITTED, str(size).encode())]
    return Original(record.key, record.value, headers)
