"""Histories as bytes that can be appended to.

A stored history is a stream of MessagePack items: an array for each event and alert record and for what was
folded, each beginning with the number of its kind. What can be is told by the event before: the time by how
far it moved on, an event_id by its end, a device that is still the same not at all. Each append ends with the
count of all items so far, in a fixed width. Whoever reads the bytes finds that count at their end, puts it
before them as an array's header, and decodes all items at once.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

import msgspec

from detector.core.alert_record import AlertRecord
from detector.core.events import EVENT_TYPES, FIELDS
from detector.core.history import Entry, History, Item, Source, new_tuple
from detector.state.errors import CorruptStateError
from detector.state.stored_events import IdHead, event_form
from detector.state.stored_folded import StoredFolded, restored_folded, stored_folded
from detector.state.stored_records import StoredRecord, restored_record, stored_record

_TOPICS_AT_MOST = 8
_ID_END = 8
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UUID_LENGTH = 36
_UUID_BYTES = 16
_MOST_ID_HEADS = 1_000
_LATEST = 2**53

_LONGEST_SHORT = 15
_LONGEST_MIDDLE = 0xFFFF
_LEAST_COUNT = 0x10000
"""It is added to a count, for from there on MessagePack takes five bytes for each."""
_COUNT_BYTES = 4
_HEADER = struct.Struct(">BI")
_ARRAY32 = 0xDD
_encode = msgspec.msgpack.Encoder().encode


class Tail:
    """What an append to a stored history must know of all that stands before it.

    `items` counts what is stored, and is there to be appended to until `held_until` (in seconds of the
    monotonic clock), which is for the tail's owner to say, as is how many `events` the history had then.
    `id_head` is what the event_ids begin with. The other attributes are those of the last event, or of the
    last that had one.
    """

    __slots__ = (
        "card_id",
        "city",
        "device_id",
        "event_time",
        "events",
        "held_until",
        "id_head",
        "ip",
        "items",
        "terminal_id",
    )

    def __init__(self) -> None:
        self.items = 0
        self.held_until = 0.0
        self.events = 0
        self.event_time = 0
        self.id_head = ""
        self.device_id: str | None = None
        self.card_id: str | None = None
        self.ip: str | None = None
        self.city: str | None = None
        self.terminal_id: str | None = None


class Codec:
    """Encodes what is added to histories, and restores histories.

    Args:
        topics: the input topics; a stored source names one by its place among them.
        scope: the event field that keys the histories; it is not stored with every event.
        spread: the partitions that the sources of one history may lie in; 1 where that is its own alone.
    """

    def __init__(self, topics: Sequence[str], scope: str, spread: int = 1) -> None:
        if len(topics) > _TOPICS_AT_MOST:
            raise ValueError(f"a source can be one of {_TOPICS_AT_MOST} topics at most")
        self._topics = tuple(topics)
        self._origins = {topic: number for number, topic in enumerate(topics, 1)}
        self._is_spread = spread > 1
        forms = {name: event_form(name, scope) for name in EVENT_TYPES if scope in FIELDS[name]}
        self._packs = {name: form.pack for name, form in forms.items()}
        self._unpacks: dict[type[Any], Any] = {form.stored: form.unpack for form in forms.values()}
        self._id_heads: dict[str, str] = {}
        item: Any = reduce(or_, [*self._unpacks, StoredRecord, StoredFolded, IdHead], int)
        self._decoder: msgspec.msgpack.Decoder[list[Any]] = msgspec.msgpack.Decoder(list[item])

    def encode(self, items: Iterable[Item], tail: Tail) -> bytes:
        """The bytes to append to a stored history of that tail, which is moved on behind them."""
        stored: list[Any] = []
        # In one piece, for it runs for every event.
        for item in items:
            if not isinstance(item, Entry):
                stored.append(stored_record(item) if isinstance(item, AlertRecord) else stored_folded(item))
                continue
            event, source = item
            event_id = event.event_id
            short_id: str | bytes = event_id.removeprefix(tail.id_head)
            if len(short_id) == len(event_id):
                short_id = self._begin_anew(event_id, tail, stored)
            origin = offset = 0
            if source is not None:
                topic, partition, offset = source
                origin = self._origins[topic]
                if self._is_spread:
                    origin += partition * _TOPICS_AT_MOST
            event_time = event.event_time
            elapsed = event_time - tail.event_time
            tail.event_time = event_time
            stored.append(self._packs[event.type](event, short_id, elapsed, origin, offset, tail))
        length = len(stored) + 1
        tail.items += length
        stored.append(_LEAST_COUNT + tail.items)
        # All are encoded as one array, whose header is then left out.
        return _encode(stored)[1 if length <= _LONGEST_SHORT else 3 if length <= _LONGEST_MIDDLE else 5 :]

    def decode(self, data: bytes, partition: int, key: str) -> History:
        """The history of a key from what was stored; its `stored` is the tail of that.

        Raises:
            CorruptStateError: the bytes are not a history.
        """
        count = int.from_bytes(data[-_COUNT_BYTES:], "big") - _LEAST_COUNT
        try:
            return self._restored(self._decoder.decode(_HEADER.pack(_ARRAY32, count) + data), partition, key)
        except (msgspec.DecodeError, struct.error, ValueError, LookupError) as error:
            raise CorruptStateError(
                f"the stored history of a key in partition {partition} cannot be read: {type(error).__name__}"
            ) from error

    def _begin_anew(self, event_id: str, tail: Tail, stored: list[Any]) -> str | bytes:
        """How an event_id is stored that does not begin like the last one: a UUID as its bytes."""
        if len(event_id) == _UUID_LENGTH and _UUID.fullmatch(event_id):
            return bytes.fromhex(event_id.replace("-", ""))
        head = self._shared(event_id[:-_ID_END])
        if head != tail.id_head:
            tail.id_head = head
            stored.append(IdHead(head))
        return event_id.removeprefix(head)

    def _shared(self, id_head: str) -> str:
        """The same text as one object for all histories, which is more often at hand than one for each."""
        if len(self._id_heads) >= _MOST_ID_HEADS:
            self._id_heads.clear()
        return self._id_heads.setdefault(id_head, id_head)

    def _restored(self, items: list[Any], partition: int, key: str) -> History:
        history = History()
        tail = history.stored = Tail()
        tail.items = len(items)
        for item in items:
            unpack = self._unpacks.get(item.__class__)
            if unpack is not None:
                event_time = tail.event_time = tail.event_time + item.elapsed
                event = unpack(item, _full_id(item.id, tail), event_time, key, tail)
                source = self._source(item.origin, item.offset, partition) if item.origin else None
                history.restore(new_tuple(Entry, (event, source)))
            elif isinstance(item, IdHead):
                tail.id_head = self._shared(item.head)
            elif isinstance(item, StoredRecord):
                history.restore(restored_record(item))
            elif isinstance(item, StoredFolded):
                history.restore(restored_folded(item))
        if history.times and not 0 <= history.times[0] <= history.newest < _LATEST:
            raise ValueError("an event_time out of range")
        return history

    def _source(self, origin: int, offset: int, partition: int) -> Source:
        found_in, number = divmod(origin - 1, _TOPICS_AT_MOST)
        return new_tuple(Source, (self._topics[number], found_in if self._is_spread else partition, offset))


def _full_id(stored: Any, tail: Tail) -> str:
    if isinstance(stored, str):
        return tail.id_head + stored
    if not isinstance(stored, bytes) or len(stored) != _UUID_BYTES:
        raise ValueError("not an event_id")
    digits = stored.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
