"""What sources of recorded events give: batches of lines, and parts of files that any process can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from detector.core.events import Reason

BATCH_BYTES = 1 << 20
"""About so many bytes of lines make a batch."""


class RecordedError(Exception):
    """Recorded events cannot be read any further; one line that names the source and says what to do."""


class Batch(NamedTuple):
    """Events in the order of their arrival.

    `lines` are NDJSON without line ends, none of them blank. `size` is how much of the source they cover, in
    its unit. `refused` has a reason for each event that the source itself refuses, and of which there is no
    line: it counts like one that the engine refuses.
    """

    lines: list[bytes]
    size: int
    refused: Sequence[Reason] = ()


class Part(Protocol):
    """A piece of a file: it can be pickled, and read in whichever process."""

    @property
    def size(self) -> int:
        """How many bytes of the file it covers; the sizes of its batches come to as many."""

    def batches(self) -> Iterator[Batch]:
        """Its events.

        Raises:
            RecordedError: the file cannot be read, or is not what it was taken for.
        """


class Recorded(NamedTuple):
    """What a backtest reads, in the order of arrival: the parts of files, or else a stream.

    A stream is read once, in the process that opened it. `total` is the sum of all sizes: bytes of files,
    offsets of topics; None where it is not known.
    """

    parts: Sequence[Part]
    stream: Iterable[Batch] | None
    total: int | None
