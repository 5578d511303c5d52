"""Selections: the events of a long history that a selector finds for one key, with running measures.

A window over a short history is measured by looking at every event. Over a long one that would cost more
with every event, so the events that a selector finds are kept in their order, with sums up to each of them:
what lies in a span is then found by two binary searches. Rules that select alike share one selection.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from detector.core.events import FIELDS, Event
from detector.core.folded import Key
from detector.core.history import Entry, History
from detector.core.lists import NO_LISTS, Lists
from detector.core.predicates import Constants, compile_function, needed_source, where_source
from detector.core.rule import Measure, MeasureKind, Selector

_OF_VALUES = (MeasureKind.DISTINCT, MeasureKind.MAX, MeasureKind.MIN, MeasureKind.LAST)


class Selected:
    """The selected events of one key: where they stand in the history, when they were, and their columns.

    The column of a sum begins with 0 and holds the sum up to each event; any other holds each event's
    value, None where it has none.
    """

    __slots__ = ("at", "columns", "times")

    def __init__(self, columns: list[list[Any]]) -> None:
        self.at: list[int] = []
        self.times: list[int] = []
        self.columns = columns


class _OfHistory:
    """A selection's events in one history by key, as far as its first `taken` events."""

    __slots__ = ("by_key", "key_of", "taken")

    def __init__(self, key_of: Callable[[Event], Key | None]) -> None:
        self.by_key: dict[Key, Selected] = {}
        self.key_of = key_of
        self.taken = 0

    def give_back(self, entries: list[Entry], index: int) -> None:
        """Let go of the events from an index on, which are about to move."""
        for event, _ in entries[index : self.taken]:
            key = self.key_of(event)
            if key is not None:
                selected = self.by_key[key]
                selected.at.pop()
                selected.times.pop()
                for column in selected.columns:
                    column.pop()
        self.taken = min(self.taken, index)


class Selection:
    """What a selector finds for each value of the key fields, kept up with a history when it is asked for.

    `digest` names the selection in what is stored.
    """

    def __init__(self, number: int, selector: Selector, key_fields: Sequence[str], lists: Lists) -> None:
        self.selector = selector
        self.lists = lists
        self.key_fields = tuple(key_fields)
        self.digest = hashlib.blake2b(identity(selector, key_fields), digest_size=6).hexdigest()
        self._number = number
        self._columns: dict[tuple[bool, str], int] = {}
        self._take: Callable[[list[Entry], int, dict[Key, Selected]], None] | None = None
        self._key_of: Callable[[Event], Key | None] = _compile_key_of(self)

    def column(self, measure: Measure) -> int | None:
        """The column that a measure is read from; None where it needs none. Only before the first use."""
        if measure.field is None:
            return None
        wanted = (measure.kind is MeasureKind.SUM, measure.field)
        assert self._take is None or wanted in self._columns
        return self._columns.setdefault(wanted, len(self._columns))

    def key_of(self, event: Event) -> Key | None:
        """The key under which an event is selected; None where it is not."""
        return self._key_of(event)

    def of(self, history: History, key: Key) -> Selected:
        """The selected events of a key, those of the history's last event included."""
        found: _OfHistory | None = history.selections.get(self._number)
        if found is None:
            found = history.selections[self._number] = _OfHistory(self._key_of)
        entries = history.entries
        if found.taken < len(entries):
            if self._take is None:
                self._take = _compile_take(self, self._columns)
            self._take(entries, found.taken, found.by_key)
            found.taken = len(entries)
        return found.by_key.get(key) or Selected(_empty_columns(self._columns))

    def between(self, history: History, key: Key, index: int, end: int) -> list[int]:
        """The indices of the events selected for a key, from `index` to `end`."""
        at = self.of(history, key).at
        return at[bisect_left(at, index) : bisect_left(at, end)]


class Selections:
    """All selections of an engine, each once; conditions look names up in its `lists`."""

    def __init__(self, lists: Lists = NO_LISTS) -> None:
        self.lists = lists
        self._known: dict[bytes, Selection] = {}

    def of(self, selector: Selector, key_fields: Sequence[str]) -> Selection:
        """The selection by that selector and those key fields (the rule's `by` after its first)."""
        known = identity(selector, key_fields)
        found = self._known.get(known)
        if found is None:
            found = self._known[known] = Selection(len(self._known), selector, key_fields, self.lists)
        return found


def condition_source(selection: Selection, event_type: str, event: str, constants: Constants) -> str | None:
    """Source that is true where an event of that type is selected; None where none of the type can be."""
    selector = selection.selector
    if event_type not in selector.events:
        return None
    parts = [where_source(event_type, selector.where, constants, selection.lists, event)]
    parts += [needed_source(event_type, name, event) for name in selection.key_fields]
    if None in parts:
        return None
    return " and ".join(part for part in parts if part and part != "True") or "True"


def identity(selector: Selector, key_fields: Sequence[str]) -> bytes:
    """The same for selectors and key fields that say the same."""
    return msgspec.json.encode((selector, tuple(key_fields)), order="deterministic")


def _empty_columns(columns: dict[tuple[bool, str], int]) -> list[list[Any]]:
    return [[0] if is_sum else [] for is_sum, _ in columns]


def _key_source(selection: Selection) -> str:
    return f"({''.join(f'e.{name}, ' for name in selection.key_fields)})"


def _compile_key_of(selection: Selection) -> Callable[[Event], Key | None]:
    constants = Constants()
    lines = ["def compiled(e):", " t = e.type"]
    for event_type in dict.fromkeys(selection.selector.events):
        condition = condition_source(selection, event_type, "e", constants)
        if condition is not None:
            lines.append(f" if t == {constants.name(event_type)}:")
            lines.append(f"  return {_key_source(selection)} if {condition} else None")
    key_of: Callable[[Event], Key | None] = compile_function("\n".join(lines), constants)
    return key_of


def _compile_take(
    selection: Selection, columns: dict[tuple[bool, str], int]
) -> Callable[[list[Entry], int, dict[Key, Selected]], None]:
    """A function (entries, start, by_key) that adds the selected ones from `start` on to their keys."""
    constants = Constants()
    constants.values["new"] = lambda: Selected(_empty_columns(columns))
    lines = [
        "def compiled(entries, start, by_key):",
        " for i in range(start, len(entries)):",
        "  e = entries[i][0]",
        "  t = e.type",
    ]
    for event_type in dict.fromkeys(selection.selector.events):
        condition = condition_source(selection, event_type, "e", constants)
        if condition is None:
            continue
        lines += [
            f"  if t == {constants.name(event_type)} and {condition}:",
            f"   k = {_key_source(selection)}",
            "   s = by_key.get(k)",
            "   if s is None: s = by_key[k] = new()",
            "   s.at.append(i)",
            "   s.times.append(e.event_time)",
        ]
        lines += [
            f"   {_append_source(event_type, is_sum, name, number)}"
            for (is_sum, name), number in columns.items()
        ]
        lines.append("   continue")
    take: Callable[[list[Entry], int, dict[Key, Selected]], None] = compile_function(
        "\n".join(lines), constants
    )
    return take


def _append_source(event_type: str, is_sum: bool, name: str, number: int) -> str:
    field = FIELDS[event_type].get(name)
    column = f"s.columns[{number}]"
    if not is_sum:
        return f"{column}.append({'None' if field is None else f'e.{name}'})"
    value = "0" if field is None else f"(e.{name} or 0)" if field.optional else f"e.{name}"
    return f"{column}.append({column}[-1] + {value})"
