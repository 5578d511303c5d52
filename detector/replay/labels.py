"""What is known of recorded events and alerts: which were fraud. From NDJSON, or from CSV with a header."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec

from detector.core.disposition import Disposition

_Id = Annotated[str, msgspec.Meta(min_length=1)]


class BadLabelsError(Exception):
    """A file of labels that cannot be used; the text says where, and what is wrong."""


class Labelled(NamedTuple):
    """Says of an event that it belongs to a fraud; what the file does not say is empty.

    Without a `fraud_id` all such events of one user are one fraud.
    """

    event_id: str
    fraud_id: str = ""
    kind: str = ""
    role: str = ""
    variant: str = ""


class Judgement(NamedTuple):
    """What an analyst said of an alert.

    `case_id` is empty and `event_time` (ms, of its anchor) None where the file does not say it.
    """

    alert_id: str
    disposition: Disposition
    case_id: str = ""
    event_time: int | None = None


class Labels(NamedTuple):
    """What one file says: of events, or of alerts."""

    events: list[Labelled]
    judgements: list[Judgement]


class _Event(msgspec.Struct):
    event_id: _Id
    fraud_id: str | None = None
    kind: str | None = None
    role: str | None = None
    variant: str | None = None


class _Alert(msgspec.Struct):
    alert_id: _Id
    disposition: Disposition
    case_id: str | None = None
    event_time: int | None = None


_Record = dict[str, Any]


def read_labels(path: Path) -> Labels:
    """The labels of a file.

    Records with an `alert_id` are dispositions, as `detector alerts dispositions` prints them, others labels
    of events, as `detector generate --labels` writes them; a file holds the one or the other. Other fields
    and columns say nothing.

    Raises:
        BadLabelsError: it cannot be read, or a line of it is none of that.
    """
    events: list[Labelled] = []
    judgements: list[Judgement] = []
    are_judgements: bool | None = None
    for number, record in _records(path):
        if are_judgements is None:
            are_judgements = _are_judgements(record, path, number)
        try:
            if are_judgements:
                judgements.append(_judgement(record))
            else:
                events.append(_labelled(record))
        except msgspec.ValidationError as error:
            raise BadLabelsError(f"{path}:{number}: {_in_words(error)}") from None
    return Labels(events, judgements)


def _are_judgements(record: _Record, path: Path, number: int) -> bool:
    if "alert_id" not in record and "event_id" not in record:
        # The names of the fields are not quoted: without a header they are the first row's ids.
        raise BadLabelsError(
            f"{path}:{number}: labels need event_id, or alert_id and disposition; there is none of these"
        )
    return "alert_id" in record


def _labelled(record: _Record) -> Labelled:
    found = msgspec.convert(record, _Event)
    others = (found.fraud_id, found.kind, found.role, found.variant)
    return Labelled(found.event_id, *(other or "" for other in others))


def _judgement(record: _Record) -> Judgement:
    found = msgspec.convert(record, _Alert, strict=False)
    return Judgement(found.alert_id, found.disposition, found.case_id or "", found.event_time)


def _in_words(error: msgspec.ValidationError) -> str:
    text = str(error).replace("Object missing required field", "it lacks")
    return text.replace(" - at `$.", " in `").replace("`", "'")


def _records(path: Path) -> Iterator[tuple[int, _Record]]:
    """The records of a file, each with the number of its line."""
    try:
        # A spreadsheet begins what it exports with a mark of its encoding.
        with path.open(encoding="utf-8-sig", newline="") as file:
            # Of a pipe nothing can be read twice.
            begun = list(_up_to_first(file))
            is_json = bool(begun) and begun[-1].lstrip().startswith("{")
            lines = chain(begun, file)
            yield from _from_json(path, lines) if is_json else _from_csv(path, lines)
    except OSError as error:
        raise BadLabelsError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise BadLabelsError(f"{path}: not UTF-8") from None


def _up_to_first(lines: Iterable[str]) -> Iterator[str]:
    """The lines up to the first that says anything."""
    for line in lines:
        yield line
        if line.strip():
            return


def _from_json(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, _Record]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, msgspec.json.decode(line, type=_Record)
        except msgspec.DecodeError:
            raise BadLabelsError(f"{path}:{number}: not a JSON object") from None


def _from_csv(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, _Record]]:
    reader = csv.DictReader(lines, strict=True)
    try:
        for record in reader:
            # What stands beyond the header's columns has no name; an empty cell says nothing.
            yield (
                reader.line_num,
                {name: value for name, value in record.items() if name is not None and value},
            )
    except csv.Error as error:
        raise BadLabelsError(f"{path}:{reader.line_num + 1}: not CSV: {error}") from None
