"""A table as the page shows it: columns that sort, rows that a box of text and the facets narrow."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from detector.core.rule import Severity, Texts
from detector.core.times import utc
from detector.replay.report.words import number, percent, yuan

_SHORT = 8


class Kind(StrEnum):
    """How a column's cells look."""

    TEXT = "text"
    RULE = "rule"
    NUMBER = "number"
    MONEY = "money"
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
    """A table with its name in the page; `note` says which rows are left out, where some are.

    With `as_cards` a narrow screen shows each row as a card of its own.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    as_cards: bool = False

    @property
    def is_long(self) -> bool:
        """Whether there is anything to search for."""
        return len(self.rows) > _SHORT


def without_empty(table: Table) -> Table:
    """The table without the columns in which no row says anything."""
    filled = [place for place in range(len(table.columns)) if any(row[place].text for row in table.rows)]
    rows = [[row[place] for place in filled] for row in table.rows]
    return table._replace(columns=[table.columns[place] for place in filled], rows=rows)


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
