"""What was folded of a history, as it is stored."""

from __future__ import annotations

from typing import Any

import msgspec

from detector.core.folded import Cells, Folded, Sample

FOLDED_TAG = 101
_HASH_BYTES = 8


class _StoredSample(msgspec.Struct, array_like=True, frozen=True):
    """A sample of one key: the hashes end to end, and the buckets of each as bytes, for they may be many."""

    key: tuple[Any, ...]
    level: int
    base: int
    hashes: bytes
    buckets: list[bytes]


class StoredFolded(msgspec.Struct, array_like=True, tag=FOLDED_TAG, frozen=True):
    """Cells and samples as lists, for MessagePack has no keys of several values."""

    floor: tuple[int, str]
    cells: dict[str, list[tuple[tuple[Any, ...], Cells]]] = {}
    samples: dict[str, list[_StoredSample]] = {}


def stored_folded(folded: Folded) -> StoredFolded:
    """What is encoded."""
    return StoredFolded(
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


def restored_folded(stored: StoredFolded) -> Folded:
    """What was decoded, as the engine keeps it."""
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
