"""Recorded events for tests, and what is read of them."""

from collections.abc import Iterable
from pathlib import Path

from detector.core.events import Reason
from detector.replay.recorded.batch import Batch, Part, Recorded
from detector.replay.recorded.files import files_recorded


def silent(said: str) -> None:
    raise AssertionError(f"nothing was to be said: {said}")


def recorded(*paths: Path | str) -> Recorded:
    """These files, of which there is nothing to say."""
    return files_recorded(paths, silent)


def lines_of(batches: Iterable[Batch]) -> list[bytes]:
    return [line for batch in batches for line in batch.lines]


def read(found: Recorded) -> list[bytes]:
    """All lines; the sizes must come to what was promised."""
    return [line for part in found.parts for line in read_part(part)]


def read_part(part: Part) -> list[bytes]:
    batches = list(part.batches())
    assert sum(batch.size for batch in batches) == part.size
    assert all(batch.size >= 0 for batch in batches)
    return lines_of(batches)


def refused(found: Recorded) -> list[Reason]:
    return [reason for part in found.parts for batch in part.batches() for reason in batch.refused]
