"""A table as the page shows it: columns that sort, rows that a box of text and the facets narrow."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from detector.core.rule import Severity, Texts
from detector.replay.report.words import number, percent, utc, yuan


class Kind(StrEnum):
    """How a column's cells look."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    SEVERITY = "severity"
    TEXTS = "texts"
    ID = "id"


class Column(NamedTuple):
    """A column; a facet has a list of its values above the table, to choose one from."""

    title: str
    kind: Kind = Kind.TEXT
    is_facet: bool = False


class Cell(NamedTuple):
    """What a cell says, and in Chinese where it is a text; `order` sorts it where the text would not."""

    text: str
    zh: str = ""
    order: float | None = None


class Table(NamedTuple):
    """A table with its name in the page, and how many rows it would have without the page's bound."""

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: int


def plain(text: str | None) -> Cell:
    """Text as it is; empty where there is none."""
    return Cell(text or "")


def counted(value: float | None) -> Cell:
    """A number; a hyphen where there is none, which sorts below all."""
    return Cell("-", order=-1) if value is None else Cell(number(value), order=value)


def share(value: float | None) -> Cell:
    """A share as a percentage; a hyphen where there is none, which sorts below all."""
    return Cell(percent(value), order=-1 if value is None else value)


def money(fen: int | None) -> Cell:
    """An amount in yuan; empty where there is none, which sorts below all."""
    return Cell("", order=-1) if fen is None else Cell(yuan(fen), order=fen)


def moment(time: int) -> Cell:
    """A time in UTC."""
    return Cell(utc(time), order=time)


def severity(value: Severity) -> Cell:
    """A severity; it sorts by how grave it is."""
    return Cell(value, order=list(Severity).index(value))


def texts(both: Texts) -> Cell:
    """A text in English and in Chinese."""
    return Cell(both["en"], both["zh"])
