"""Events re-keyed by their merchant: what a record of the internal topic holds.

It holds the event in typed form, and where it was read: whoever reads it tells by that what it has seen
already, and names in alerts and dead letters the record that the platform wrote. An event that came too
late for its user brings that record along, byte for byte, for it may have to go to the dead letters yet.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

import msgspec
from aiokafka import ConsumerRecord

from detector.core.events import EVENT_TYPES, Event
from detector.core.routing import MERCHANT

# Raised with any change of what is written, that of an event's fields included. A release that writes a
# new format comes after one that reads it.
FORMAT = 1

# As W3C's Trace Context has it. Anything else might be of a user, and headers name none.
_TRACE = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

# Records name types and topics by their numbers: new ones go to the end.
TYPE_NUMBERS = {event_type: number for number, event_type in enumerate(EVENT_TYPES)}
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]

_TRACEPARENT = "traceparent"

Headers = list[tuple[str, bytes | None]]


def _form(cls: type[Event], tag: int) -> type[Any]:
    return msgspec.defstruct(
        f"Rekeyed{cls.__name__}", [], bases=(cls,), array_like=True, tag=tag, gc=False, frozen=True
    )


_FORMS = [
    _form(cls, TYPE_NUMBERS[name]) for name, cls in EVENT_TYPES.items() if MERCHANT in cls.__struct_fields__
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


rekeyed_decoder = msgspec.msgpack.Decoder(Rekeyed)


def traceparent_of(record: ConsumerRecord[bytes, bytes]) -> bytes | None:
    """The trace that a record belongs to, where it says one."""
    found = dict(record.headers).get(_TRACEPARENT)
    return found if found is not None and _TRACE.fullmatch(found) else None


def recorded_at(record: ConsumerRecord[bytes, bytes]) -> int:
    """When the platform's record was written of which a record of the internal topic tells (ms)."""
    try:
        return rekeyed_decoder.decode(record.value or b"").timestamp
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return int(record.timestamp)
