"""Blocks of bytes, cut into batches of lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from detector.core.events import Reason
from detector.replay.recorded.batch import BATCH_BYTES, Batch


class Block(NamedTuple):
    """Bytes as they were read, and how much of the source that took."""

    data: bytes
    size: int


def batches_of(blocks: Iterable[Block]) -> Iterator[Batch]:
    """A batch of the lines that end in each block, and one of what is left behind the last line end.

    A line longer than a batch, which no event can be, is refused without being kept.
    """
    begun = b""
    is_too_long = False
    for data, size in blocks:
        *lines, rest = data.split(b"\n")
        refused: list[Reason] = []
        may_end_in_two = b"\r" in data or begun.endswith(b"\r")
        if lines:
            if is_too_long:
                refused.append(Reason.TOO_LARGE)
                del lines[0]
            else:
                lines[0] = begun + lines[0]
            begun, is_too_long = rest, False
        elif not is_too_long:
            begun += rest
        if len(begun) > BATCH_BYTES:
            begun, is_too_long = b"", True
        yield Batch(_events(lines, may_end_in_two), size, refused)
    yield Batch(_events([begun], True), 0, [Reason.TOO_LARGE] if is_too_long else [])


def _events(lines: list[bytes], may_end_in_two: bool) -> list[bytes]:
    """The lines that hold anything, without the first half of line ends that are two characters."""
    events = [line for line in lines if line and not line.isspace()]
    return [line.rstrip(b"\r") for line in events] if may_end_in_two else events
