"""One column that is a field of events: what type it may have, and its values as JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from detector.core.events import FIELDS, FieldKind
from detector.replay.recorded.batch import RecordedError

if TYPE_CHECKING:
    from pyarrow import Array, DataType

KINDS = {"type": FieldKind.STRING} | {
    name: field.kind for fields in FIELDS.values() for name, field in fields.items()
}
"""What the field of each name holds."""

_TIME = "event_time"
_ESCAPED = b'"\\' + bytes(range(0x20))


class _Written(NamedTuple):
    """Values as they stand in JSON, but for the mark before and behind each."""

    values: Array
    mark: str


def check_type(name: str, found: DataType, path: Path) -> None:
    """Refuse a column that cannot be the field of its name.

    Raises:
        RecordedError: names the column, its type, and what the field is.
    """
    from pyarrow import types

    kind = KINDS[name]
    if types.is_dictionary(found):
        found = found.value_type
    if types.is_null(found) or any(getattr(types, f"is_{one}")(found) for one in _TYPES[kind]):
        return
    if name == _TIME and types.is_timestamp(found):
        return
    raise RecordedError(f"{path}: the column {name} is {found}: {_WANTED[kind]}")


def members_of(name: str, column: Array, path: Path) -> Array:
    """`"name":value` for each row, null where there is no value.

    Raises:
        RecordedError: a column of numbers has fractions.
    """
    import pyarrow
    import pyarrow.compute as pc

    if pyarrow.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        values, mark = _AS_JSON[KINDS[name]](column)
    except pyarrow.ArrowInvalid as error:
        said = str(error).partition("\n")[0]
        raise RecordedError(f"{path}: the column {name} holds what its field cannot: {said}") from error
    return pc.binary_join_element_wise(f'"{name}":{mark}', values, mark, "")


def _texts(column: Array) -> _Written:
    import pyarrow

    texts = column.cast(pyarrow.string())
    if _has_escapes(texts):
        quoted = [None if text is None else msgspec.json.encode(text) for text in texts.to_pylist()]
        return _Written(pyarrow.array(quoted, pyarrow.binary()).cast(pyarrow.string()), "")
    return _Written(texts, '"')


def _has_escapes(texts: Array) -> bool:
    """Whether any of the texts has a character that stands for something else in JSON."""
    data = bytes(texts.buffers()[2] or b"")
    # Several times as fast as a search in each of them.
    return len(data.translate(None, _ESCAPED)) < len(data)


def _numbers(column: Array) -> _Written:
    import pyarrow
    import pyarrow.compute as pc

    if pyarrow.types.is_timestamp(column.type):
        column = column.cast(pyarrow.timestamp("ms", column.type.tz), safe=False).cast(pyarrow.int64())
    elif pyarrow.types.is_floating(column.type):
        # So data frames keep whole numbers of which some are absent.
        column = pc.if_else(pc.is_nan(column), None, column).cast(pyarrow.int64())
    return _Written(column.cast(pyarrow.string()), "")


def _booleans(column: Array) -> _Written:
    import pyarrow

    return _Written(column.cast(pyarrow.string()), "")


_TYPES = {
    FieldKind.STRING: ("string", "large_string", "string_view", "binary", "large_binary"),
    FieldKind.NUMBER: ("integer", "floating"),
    FieldKind.BOOLEAN: ("boolean",),
}
_WANTED = {
    FieldKind.STRING: "a text is wanted; write it as one, for instance CAST(... AS VARCHAR)",
    FieldKind.NUMBER: "a whole number is wanted (amounts in fen, times in ms); write it as int64",
    FieldKind.BOOLEAN: "true or false is wanted; write it as a boolean",
}
_AS_JSON: dict[FieldKind, Callable[[Array], _Written]] = {
    FieldKind.STRING: _texts,
    FieldKind.NUMBER: _numbers,
    FieldKind.BOOLEAN: _booleans,
}
