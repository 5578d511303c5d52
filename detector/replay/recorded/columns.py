"""Columns that are fields of events, row by row as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from detector.replay.recorded.batch import RecordedError
from detector.replay.recorded.cells import KINDS, check_type, members_of
from detector.replay.recorded.values import VALUE

if TYPE_CHECKING:
    from pyarrow import RecordBatch, Schema

_REQUIRED = ("event_id", "type", "event_time", "user_id")


def fields_read(schema: Schema, path: Path) -> list[str]:
    """The columns that are fields of events; none where the events lie in a column of JSON.

    Raises:
        RecordedError: there are neither, or a column has a type that its field cannot have.
    """
    missing = [name for name in _REQUIRED if name not in schema.names]
    if missing and VALUE in schema.names:
        return []
    if missing:
        raise RecordedError(
            f"{path}: lacks the column {missing[0]}: events have a column for each field, "
            f"{', '.join(_REQUIRED)} among them, or one column {VALUE} of JSON"
        )
    names = [name for name in schema.names if name in KINDS]
    for name in names:
        check_type(name, schema.field(name).type, path)
    return names


def lines_of_fields(table: RecordBatch, path: Path) -> list[bytes]:
    """Each row as one JSON object, nulls left out.

    Raises:
        RecordedError: a column of numbers has fractions.
    """
    import pyarrow
    import pyarrow.compute as pc

    fields = [members_of(name, table.column(name), path) for name in table.schema.names]
    members = pc.binary_join_element_wise(*fields, ",", null_handling="skip")
    objects = pc.binary_join_element_wise("{", members, "}", "")
    [joined] = pc.binary_join(pyarrow.ListArray.from_arrays([0, len(objects)], objects), "\n")
    return bytes(joined.as_buffer()).split(b"\n")
