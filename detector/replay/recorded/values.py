"""A column of JSON, as Kafka's sinks write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detector.core.events import Reason, Refusal, decode
from detector.replay.recorded.batch import Batch

if TYPE_CHECKING:
    from pyarrow import Array

VALUE = "value"


def lines_of_values(column: Array, size: int) -> Batch:
    """The values of such a column, one JSON object each, as lines.

    A value that no line can stand for is judged here, as the engine would.
    """
    import pyarrow

    judged = [_line_of(value) for value in column.cast(pyarrow.binary()).to_pylist()]
    lines = [line for line in judged if isinstance(line, bytes)]
    return Batch(lines, size, [reason for reason in judged if isinstance(reason, Reason)])


def _line_of(value: bytes | None) -> bytes | Reason:
    if value and b"\n" not in value and not value.isspace():
        return value
    decoded = decode(value)
    if isinstance(decoded, Refusal):
        return decoded.reason
    # In a value that is JSON, a line end stands where a blank may.
    return (value or b"").replace(b"\n", b" ")
