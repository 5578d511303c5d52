"""Events re-keyed by their merchant: what a record of the internal topic holds.

It holds the event in typed form, and where it was read: whoever reads it tells by that what it has seen
already, and names in alerts and dead letters the record that the platform wrote. An event that came too
late for its user brings that record along, byte for byte, for it may have to go to the dead letters yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import Annotated, Any, Literal

import msgspec
from aiokafka import ConsumerRecord
from aiokafka.partitioner import DefaultPartitioner

from detector.core.events import EVENT_TYPES, Event, Reason, Refusal
from detector.core.history import Entry, Source
from detector.core.routing import MERCHANT

# Raised with any change of what is written, that of an event's fields included. A release that writes a
# new format comes after one that reads it.
FORMAT = 1

_MOST_MERCHANTS_KNOWN = 20_000
# So that what must come along fits into a record: key and value of an event have 64 KiB at most each.
_MOST_HEADER_BYTES = 64 * 1024
_MOST_TRACEPARENT_BYTES = 256

# Records name types and topics by their numbers: new ones go to the end.
_TYPE_NUMBERS = {event_type: number for number, event_type in enumerate(EVENT_TYPES)}
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]

_TRACEPARENT = "traceparent"
_NO_EVENT = f"the value is not a re-keyed event of format {FORMAT}"

Headers = list[tuple[str, bytes | None]]


def _form(cls: type[Event], tag: int) -> type[Any]:
    return msgspec.defstruct(
        f"Rekeyed{cls.__name__}", [], bases=(cls,), array_like=True, tag=tag, gc=False, frozen=True
    )


_FORMS = [
    _form(cls, _TYPE_NUMBERS[name]) for name, cls in EVENT_TYPES.items() if MERCHANT in cls.__struct_fields__
]
_AnyForm: Any = reduce(or_, _FORMS)


class Original(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the platform's record held."""

    key: bytes | None
    value: bytes | None
    headers: Headers


class Rekeyed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event on its way to its merchant.

    `topic` is the number of the input topic that it was read from; `timestamp` (ms) is that of its record
    there. `original` comes along where the event was too late for its user.
    """

    format: Literal[1]
    topic: _Number
    partition: _Number
    offset: _Number
    timestamp: int
    event: _AnyForm
    traceparent: bytes | None = None
    original: Original | None = None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Rekeyed)


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
        fields = [_TYPE_NUMBERS[event.type], *msgspec.structs.astuple(event)]
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
        return _encoder.encode(value)

    def decode(self, record: ConsumerRecord[bytes, bytes]) -> Rekeyed | Refusal:
        """What a record of the internal topic holds, or why it is refused: another has written it."""
        if record.value is None:
            return Refusal(Reason.NULL_VALUE, "the value is null")
        try:
            rekeyed = _decoder.decode(record.value)
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
        return Source(self._topics[rekeyed.topic], rekeyed.partition, rekeyed.offset)

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


def traceparent_of(record: ConsumerRecord[bytes, bytes]) -> bytes | None:
    """The trace that a record belongs to, where it says one."""
    found = dict(record.headers).get(_TRACEPARENT)
    return found if found is None or len(found) <= _MOST_TRACEPARENT_BYTES else None


def recorded_at(record: ConsumerRecord[bytes, bytes]) -> int:
    """When the platform's record was written of which a record of the internal topic tells (ms)."""
    try:
        return _decoder.decode(record.value or b"").timestamp
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return int(record.timestamp)


def _original(record: ConsumerRecord[bytes, bytes]) -> Original:
    headers = list(record.headers)
    size = sum(len(name.encode()) + len(value or b"") for name, value in headers)
    if size > _MOST_HEADER_BYTES:
        headers = [("detector.headers_omitted_bytes", str(size).encode())]
    return Original(record.key, record.value, headers)
