"""What a file holds, told by its first bytes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from detector.replay.recorded.batch import RecordedError

HEAD_BYTES = 8


class Format(StrEnum):
    """How events lie in a file, by the name that people know it by."""

    NDJSON = "plain NDJSON"
    GZIP = "gzip"
    ZSTD = "zstd"
    PARQUET = "Parquet"


_BEGINNINGS = {
    b"\x1f\x8b": Format.GZIP,
    b"\x28\xb5\x2f\xfd": Format.ZSTD,
    # What zstd lets other programs put before its own.
    **{bytes((number,)) + b"\x2a\x4d\x18": Format.ZSTD for number in range(0x50, 0x60)},
    b"PAR1": Format.PARQUET,
}
_OTHERS = {
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x04\x22\x4d\x18": "lz4",
    b"PK\x03\x04": "a zip archive",
    b"Obj\x01": "Avro",
    b"ORC": "ORC",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
_SUFFIXES = {".gz": Format.GZIP, ".zst": Format.ZSTD, ".zstd": Format.ZSTD, ".parquet": Format.PARQUET}


def format_of(head: bytes, source: Path | str) -> Format:
    """The format of what begins with these bytes.

    Raises:
        RecordedError: it is known, and none that is read.
    """
    for beginning, name in _OTHERS.items():
        if head.startswith(beginning):
            raise RecordedError(
                f"{source}: this is {name}, which is not read; "
                "make it NDJSON in UTF-8, plain or compressed with gzip or zstd, or Parquet"
            )
    found = (format for beginning, format in _BEGINNINGS.items() if head.startswith(beginning))
    return next(found, Format.NDJSON)


def promised_format(path: Path) -> Format | None:
    """The format that a file's name speaks of."""
    return _SUFFIXES.get(path.suffix.lower())
