"""Histories as bytes that can be appended to.

A stored history is a stream of MessagePack items: an array for each event and alert record and for what was
folded, each beginning with the number of its kind, and between them the texts that events name by number.
What can be is told by what stands before: times and offsets by how far they moved on, an event_id by its end.
Each append ends with the count of all items so far, in a fixed width. Whoever reads the bytes finds that
count at their end, puts it before them as an array's header, and decodes all items at once.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

import msgspec

from detector.core.events import EVENT_TYPES, FIELDS
from detector.core.history import AlertRecord, Entry, History, Item, Source
from detector.state.errors import CorruptStateError
from detector.state.stored_events import event_form
from detector.state.stored_folded import StoredFolded, restored_folded, stored_folded
from detector.state.stored_records import StoredRecord, restored_record, stored_record

_COMMON_TEXTS = {text: number for number, text in enumerate(("CNY", "CN", "app", "web", "mini_program"))}
"""Texts that every history knows. New ones go to the end, up to the first of a history's own."""
_FIRST_TEXT = 16
_TEXTS_BEFORE = _FIRST_TEXT - len(_COMMON_TEXTS)
_TEXT_NUMBERS = 128
"""So many numbers take one byte. A history that runs out of them numbers its texts anew."""
_TEXTS_ANEW = None

_ID_HEAD_TAG = 102
_ID_END = 8
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UUID_LENGTH = 36
_UUID_BYTES = 16
_LATEST = 2**53

_LONGEST_SHORT = 15
_LONGEST_MIDDLE = 0xFFFF
_LEAST_COUNT = 0x10000
"""Stored counts begin after it: from there on MessagePack takes five bytes for each."""
_COUNT_BYTES = 4
_HEADER = struct.Struct(">BI")
_ARRAY32 = 0xDD
_encode = msgspec.msgpack.Encoder().encode
# A named tuple's own way to be made takes twice as long.
_new_tuple = tuple.__new__


class _IdHead(msgspec.Struct, array_like=True, tag=_ID_HEAD_TAG, frozen=True):
    """What the event_ids begin with from here on."""

    head: str


class Tail:
    """What an append to a stored history must know of all that stands before it.

    `texts` has the numbers of the history's texts, `id_head` is what its event_ids begin with, `offsets`
    holds the last offset of each topic, from 1 on.
    """

    __slots__ = ("count", "event_time", "id_head", "offsets", "texts")

    def __init__(self, topics: int, texts: dict[str, int]) -> None:
        self.count = _LEAST_COUNT
        self.event_time = 0
        self.id_head = ""
        self.offsets = [0] * (topics + 1)
        self.texts = texts

    @property
    def items(self) -> int:
        """How many items are stored."""
        return self.count - _LEAST_COUNT


class Codec:
    """Encodes what is added to histories, and restores histories.

    Args:
        topics: the input topics; a stored source names one by its place among them.
        scope: the event field that keys the histories; it is not stored with every event.
        spread: the partitions that the sources of one history may lie in; 1 where that is its own alone.
    """

    def __init__(self, topics: Sequence[str], scope: str, spread: int = 1) -> None:
        self._topics = tuple(topics)
        self._origins = {topic: number for number, topic in enumerate(topics, 1)}
        self._spread = spread
        forms = {name: event_form(name, scope) for name in EVENT_TYPES if scope in FIELDS[name]}
        self._packs = {name: form.pack for name, form in forms.items()}
        self._unpacks: dict[type[Any], Any] = {form.stored: form.unpack for form in forms.values()}
        self._most_texts = _TEXT_NUMBERS - _TEXTS_BEFORE - max(form.most_texts for form in forms.values())
        self._new_texts: list[Any] = []
        self._texts_class = _texts_class(self._new_texts)
        kinds: list[Any] = [*self._unpacks, StoredRecord, StoredFolded, _IdHead, str, None]
        item: Any = reduce(or_, kinds, int)
        self._decoder: msgspec.msgpack.Decoder[list[Any]] = msgspec.msgpack.Decoder(list[item])

    def tail(self) -> Tail:
        """The tail of a history of which nothing is stored."""
        return Tail(len(self._topics), self._texts_class(_COMMON_TEXTS))

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
                short_id = _begin_anew(event_id, tail, stored)
            origin = ahead = 0
            if source is not None:
                topic, partition, offset = source
                origin = self._origins[topic]
                if self._spread > 1:
                    offset = offset * self._spread + partition
                ahead = offset - tail.offsets[origin]
                tail.offsets[origin] = offset
            event_time = event.event_time
            elapsed = event_time - tail.event_time
            tail.event_time = event_time
            packed = self._packs[event.type](event, short_id, elapsed, origin, ahead, tail.texts)
            if self._new_texts:
                self._put_new_texts(tail, stored)
            stored.append(packed)
        length = len(stored) + 1
        tail.count += length
        stored.append(tail.count)
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

    def _put_new_texts(self, tail: Tail, stored: list[Any]) -> None:
        stored += self._new_texts
        self._new_texts.clear()
        if len(tail.texts) > self._most_texts:
            # The event that follows still names texts by the numbers they had.
            stored.append(_TEXTS_ANEW)
            tail.texts = self._texts_class(_COMMON_TEXTS)

    def _restored(self, items: list[Any], partition: int, key: str) -> History:
        history = History()
        tail = history.stored = self.tail()
        tail.count += len(items)
        texts = {number: text for text, number in _COMMON_TEXTS.items()}
        for item in items:
            unpack = self._unpacks.get(item.__class__)
            if unpack is not None:
                event_time = tail.event_time = tail.event_time + item.elapsed
                event = unpack(item, texts, _full_id(item.id, tail), event_time, key)
                source = self._source(item, tail, partition) if item.origin else None
                history.restore(_new_tuple(Entry, (event, source)))
            elif isinstance(item, str):
                number = tail.texts[item] = len(tail.texts) + _TEXTS_BEFORE
                texts[number] = item
            elif isinstance(item, _IdHead):
                tail.id_head = item.head
            elif item is _TEXTS_ANEW:
                tail.texts = self._texts_class(_COMMON_TEXTS)
            elif isinstance(item, StoredRecord):
                history.restore(restored_record(item))
            elif isinstance(item, StoredFolded):
                history.restore(restored_folded(item))
        if history.times and not 0 <= history.times[0] <= history.newest < _LATEST:
            raise ValueError("an event_time out of range")
        return history

    def _source(self, item: Any, tail: Tail, partition: int) -> Source:
        origin = item.origin
        offset = tail.offsets[origin] = tail.offsets[origin] + item.ahead
        if self._spread > 1:
            offset, partition = divmod(offset, self._spread)
        return _new_tuple(Source, (self._topics[origin - 1], partition, offset))


def _texts_class(new: list[Any]) -> type[dict[str, int]]:
    """Numbers of texts: one that is asked for first gets the next number, and is added to `new`."""

    class Texts(dict[str, int]):
        __slots__ = ()

        def __missing__(self, text: str) -> int:
            number = self[text] = len(self) + _TEXTS_BEFORE
            new.append(text)
            return number

    return Texts


def _begin_anew(event_id: str, tail: Tail, stored: list[Any]) -> str | bytes:
    """How an event_id is stored that does not begin like the last one: a UUID as its bytes."""
    if len(event_id) == _UUID_LENGTH and _UUID.fullmatch(event_id):
        return bytes.fromhex(event_id.replace("-", ""))
    head = event_id[:-_ID_END]
    if head != tail.id_head:
        tail.id_head = head
        stored.append(_IdHead(head))
    return event_id.removeprefix(head)


def _full_id(stored: Any, tail: Tail) -> str:
    if isinstance(stored, str):
        return tail.id_head + stored
    if not isinstance(stored, bytes) or len(stored) != _UUID_BYTES:
        raise ValueError("not an event_id")
    digits = stored.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
