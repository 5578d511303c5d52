"""Files and directories as what a backtest reads."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn, cast

from detector.replay.recorded.batch import Batch, Part, Recorded, RecordedError
from detector.replay.recorded.compressed import Compressed
from detector.replay.recorded.formats import HEAD_BYTES, Format, format_of, promised_format
from detector.replay.recorded.ndjson import ranges
from detector.replay.recorded.parquet import row_groups
from detector.replay.recorded.pipes import piped
from detector.replay.recorded.reading import reading

STANDARD_INPUT = "-"


def files_recorded(names: Sequence[str | Path], say: Callable[[str], None]) -> Recorded:
    """The events of these files in the order given; `-` is standard input.

    A directory stands for the files in it and below, by their paths, but those whose name, or that of a
    directory on the way, begins with `.` or `_`. What a file holds is told by its first bytes; where its
    name speaks of something else, that is said.

    Raises:
        RecordedError: one of them is not there, cannot be read, or is of a format that is not.
    """
    if any(map(_is_piped, names)):
        return Recorded((), _one_after_the_other(names, say), None)
    parts = _parts_of_all(names, say)
    return Recorded(parts, None, sum(part.size for part in parts))


def _is_piped(name: str | Path) -> bool:
    """Whether it can be read only once, and only from front to end."""
    return name == STANDARD_INPUT or Path(name).is_fifo()


def _one_after_the_other(names: Iterable[str | Path], say: Callable[[str], None]) -> Iterator[Batch]:
    for name in names:
        if name == STANDARD_INPUT:
            yield from piped(cast(io.BufferedReader, sys.stdin.buffer), "standard input")
        elif _is_piped(name):
            with reading(name), Path(name).open("rb") as pipe:
                yield from piped(pipe, str(name))
        else:
            for part in _parts_of_all([name], say):
                yield from part.batches()


def _parts_of_all(names: Iterable[str | Path], say: Callable[[str], None]) -> list[Part]:
    return [part for name in names for path in _files(Path(name)) for part in _parts(path, say)]


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    with reading(path):
        found = sorted(file for file in _below(path) if file.is_file())
    if not found:
        raise RecordedError(f"{path}: this directory holds no files of events")
    return found


def _below(directory: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(directory, onerror=_refuse):
        folders[:] = [name for name in folders if not _is_hidden(name)]
        yield from (Path(folder, name) for name in names if not _is_hidden(name))


def _refuse(error: OSError) -> NoReturn:
    """A directory that cannot be listed is not passed over: all figures would be of a part."""
    raise RecordedError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _is_hidden(name: str) -> bool:
    """Whether it is one of those that programs leave beside their data: `_SUCCESS`, `.part.crc`."""
    return name.startswith((".", "_"))


def _parts(path: Path, say: Callable[[str], None]) -> Sequence[Part]:
    with reading(path), path.open("rb") as file:
        found = format_of(file.read(HEAD_BYTES), path)
        size = file.seek(0, io.SEEK_END)
    if not size:
        say(f"{path}: is empty")
    elif promised_format(path) not in (None, found):
        say(f"{path}: is {found}, whatever its name says, and is read as such")
    if found is Format.NDJSON:
        return ranges(path, size)
    if found is Format.PARQUET:
        return row_groups(path)
    return [Compressed(path, size, found)]
