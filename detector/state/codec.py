"""Histories as bytes that can be appended to.

A stored history is a stream of MessagePack items: for each event its source, packed into one number, and
its fields as an array that begins with the number of its type; alert records and what was folded as arrays of
their own. Each append ends with the count of all items so far in a fixed width. Whoever reads
the bytes finds that count at their end, puts it before them as an array's header, and decodes all items
at once.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

import msgspec

from detector.core.events import EVENT_TYPES, Event
from detector.core.folded import Cells, Folded, Sample
from detector.core.history import AlertRecord, Entry, History, Item, Source
from detector.state.errors import CorruptStateError

# Stored histories name types and topics by these numbers: new ones go to the end.
_RECORD_TAG = 100
_FOLDED_TAG = 101
_TYPE_TAGS = {event_type: number for number, event_type in enumerate(EVENT_TYPES)}
_TOPICS_AT_MOST = 8
_KEY_STANDS_FOR_IT = "-"

_LONGEST_SHORT = 15
_LONGEST_MIDDLE = 0xFFFF
_HASH_BYTES = 8
_COUNT = struct.Struct(">BI")
_UINT32 = 0xCE
_ARRAY32 = b"\xdd"


def _stored_form(cls: type[Any], tag: int) -> type[Any]:
    return msgspec.defstruct(
        f"Stored{cls.__name__}",
        [],
        bases=(cls,),
        array_like=True,
        tag=tag,
        gc=False,
        frozen=cls is not AlertRecord,
    )


class _StoredSample(msgspec.Struct, array_like=True, frozen=True):
    """A sample of one key: the hashes end to end, and the buckets of each as bytes, for they may be many."""

    key: tuple[Any, ...]
    level: int
    base: int
    hashes: bytes
    buckets: list[bytes]


class _StoredFolded(msgspec.Struct, array_like=True, tag=_FOLDED_TAG, frozen=True):
    floor: tuple[int, str]
    cells: dict[str, list[tuple[tuple[Any, ...], Cells]]] = {}
    samples: dict[str, list[_StoredSample]] = {}


_FORMS = [_stored_form(cls, _TYPE_TAGS[name]) for name, cls in EVENT_TYPES.items()]
_FORMS += [_stored_form(AlertRecord, _RECORD_TAG), _StoredFolded]
_Item: Any = reduce(or_, _FORMS, int)
_decoder: msgspec.msgpack.Decoder[list[Any]] = msgspec.msgpack.Decoder(list[_Item])
_encoder = msgspec.msgpack.Encoder()


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
        self._numbers = {topic: number for number, topic in enumerate(topics)}
        self._spread = spread
        self._scope = scope
        self._scope_at = {
            name: cls.__struct_fields__.index(scope) + 1
            for name, cls in EVENT_TYPES.items()
            if scope in cls.__struct_fields__
        }

    def encode(self, items: Iterable[Item], count: int) -> tuple[bytes, int]:
        """The bytes to append to a stored history of `count` items, and its count of items after that."""
        stored: list[Any] = []
        for item in items:
            if isinstance(item, Entry):
                stored.append(self._packed(item.source))
                stored.append(self._fields(item.event))
            elif isinstance(item, AlertRecord):
                stored.append((_RECORD_TAG, *msgspec.structs.astuple(item)))
            else:
                stored.append(_folded_form(item))
        count += len(stored) + 1
        # All are encoded as one array, whose header is then left out.
        header = 1 if len(stored) <= _LONGEST_SHORT else 3 if len(stored) <= _LONGEST_MIDDLE else 5
        return _encoder.encode(stored)[header:] + _COUNT.pack(_UINT32, count), count

    def decode(self, data: bytes, partition: int, key: str) -> History:
        """The history of a key from what was stored.

        Raises:
            CorruptStateError: the bytes are not a history.
        """
        try:
            return self._restored(_decoder.decode(_ARRAY32 + data[-4:] + data), partition, key)
        except (msgspec.DecodeError, UnicodeDecodeError, IndexError, AttributeError) as error:
            raise CorruptStateError(
                f"the stored history of a key in partition {partition} cannot be read: {type(error).__name__}"
            ) from error

    def _restored(self, items: list[Any], partition: int, key: str) -> History:
        history = History()
        history.stored = len(items)
        packed = 0
        for item in items:
            if isinstance(item, int):
                packed = item
            elif isinstance(item, Event):
                msgspec.structs.force_setattr(item, self._scope, key)
                history.restore(Entry(item, self._source(packed, partition)))
            elif isinstance(item, _StoredFolded):
                history.restore(_folded(item))
            else:
                history.restore(item)
        return history

    def _fields(self, event: Event) -> list[Any]:
        fields = [_TYPE_TAGS[event.type], *msgspec.structs.astuple(event)]
        fields[self._scope_at[event.type]] = _KEY_STANDS_FOR_IT
        while fields[-1] is None:
            fields.pop()
        return fields

    def _packed(self, source: Source | None) -> int:
        if source is None:
            return 0
        place = source.offset if self._spread == 1 else source.offset * self._spread + source.partition
        return 1 + place * _TOPICS_AT_MOST + self._numbers[source.topic]

    def _source(self, packed: int, partition: int) -> Source | None:
        if packed == 0:
            return None
        place, number = divmod(packed - 1, _TOPICS_AT_MOST)
        if self._spread == 1:
            return Source(self._topics[number], partition, place)
        offset, elsewhere = divmod(place, self._spread)
        return Source(self._topics[number], elsewhere, offset)


def _folded_form(folded: Folded) -> _StoredFolded:
    return _StoredFolded(
        folded.floor,
        {name: list(by_key.items()) for name, by_key in folded.cells.items()},
        {
            name: [_sample_form(key, sample) for key, sample in by_key.items()]
            for name, by_key in folded.samples.items()
        },
    )


def _sample_form(key: tuple[Any, ...], sample: Sample) -> _StoredSample:
    hashes = b"".join(hashed.to_bytes(_HASH_BYTES, "big") for hashed in sample.seen)
    buckets = [seen.to_bytes((seen.bit_length() + 7) // 8, "big") for seen in sample.seen.values()]
    return _StoredSample(key, sample.level, sample.base, hashes, buckets)


def _folded(stored: _StoredFolded) -> Folded:
    return Folded(
        stored.floor,
        {name: dict(cells) for name, cells in stored.cells.items()},
        {name: {one.key: _sample(one) for one in samples} for name, samples in stored.samples.items()},
    )


def _sample(stored: _StoredSample) -> Sample:
    hashes = (
        int.from_bytes(stored.hashes[at : at + _HASH_BYTES], "big")
        for at in range(0, len(stored.hashes), _HASH_BYTES)
    )
    seen = {
        hashed: int.from_bytes(buckets, "big") for hashed, buckets in zip(hashes, stored.buckets, strict=True)
    }
    return Sample(stored.level, stored.base, seen)
