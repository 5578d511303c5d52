"""Compressed bytes, unpacked a block at a time."""

from __future__ import annotations

import gzip
from typing import IO, Protocol, cast

from detector.replay.recorded.extra import needed_for
from detector.replay.recorded.formats import Format


class Readable(Protocol):
    """What gives bytes from front to end."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none where there are no more."""


def unpacked(packed: IO[bytes], packing: Format) -> Readable:
    """What the bytes of a stream of gzip or zstd were; several such behind each other count as one.

    Reading from it raises EOFError, OSError or zlib.error where its end is missing or it is damaged.

    Raises:
        RecordedError: the library that it takes is not installed.
    """
    if packing is Format.GZIP:
        return gzip.GzipFile(fileobj=packed)
    with needed_for(packing):
        import pyarrow
    return cast(Readable, pyarrow.CompressedInputStream(packed, "zstd"))
