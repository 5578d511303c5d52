"""Parquet: a part for each of a file's row groups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from detector.replay.recorded.batch import Batch, RecordedError
from detector.replay.recorded.columns import fields_read, lines_of_fields
from detector.replay.recorded.extra import needed_for
from detector.replay.recorded.formats import Format
from detector.replay.recorded.reading import reading
from detector.replay.recorded.values import VALUE, lines_of_values

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile, RowGroupMetaData

_ROWS = 8192
_BUFFER_BYTES = 1 << 20


class RowGroup(NamedTuple):
    """A row group of a file, whose columns are so many bytes there."""

    path: Path
    number: int
    size: int

    def batches(self) -> Iterator[Batch]:
        """Its rows, some thousand at a time, as the lines that a file of NDJSON would have.

        Raises:
            RecordedError: the file cannot be read, or its columns do not hold events.
        """
        with _opened(self.path) as file:
            rows = file.metadata.row_group(self.number).num_rows
            columns = _columns_read(file, self.path)
            seen = covered = 0
            for table in file.iter_batches(_ROWS, row_groups=[self.number], columns=columns):
                seen += table.num_rows
                reached = self.size * seen // rows
                yield _batch(table, reached - covered, self.path)
                covered = reached


def row_groups(path: Path) -> list[RowGroup]:
    """The row groups of a file.

    Raises:
        RecordedError: it cannot be read, or its columns do not hold events; says which, and what to do.
    """
    with _opened(path) as file:
        _columns_read(file, path)
        groups = map(file.metadata.row_group, range(file.metadata.num_row_groups))
        return [RowGroup(path, number, _size(group)) for number, group in enumerate(groups) if group.num_rows]


@contextmanager
def _opened(path: Path) -> Iterator[ParquetFile]:
    with needed_for(Format.PARQUET):
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile

    try:
        with reading(path), ParquetFile(path, buffer_size=_BUFFER_BYTES) as file:
            yield file
    except ArrowException as error:
        said = str(error).partition("\n")[0]
        raise RecordedError(f"{path}: is damaged, or no Parquet ({said}); copy it anew") from error


def _size(group: RowGroupMetaData) -> int:
    return sum(int(group.column(number).total_compressed_size) for number in range(group.num_columns))


def _columns_read(file: ParquetFile, path: Path) -> list[str]:
    schema = file.schema_arrow
    return fields_read(schema, path) or [VALUE]


def _batch(table: RecordBatch, size: int, path: Path) -> Batch:
    if table.schema.names == [VALUE]:
        return lines_of_values(table.column(VALUE), size)
    return Batch(lines_of_fields(table, path), size)
