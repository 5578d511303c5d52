"""Totals: upper bounds of what windows can measure in a history, kept with it one event at a time.

For each selector that a window counts or sums up by, how many events of the history it selects, and the
sums of their fields: over all keys, and whenever they were. No window measures more, as long as no summed
field is ever negative.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from detector.core.events import FIELDS, Event
from detector.core.predicates import Constants, compile_function
from detector.core.selection import Selection, condition_source

Note = Callable[[list[int], Event], None]


class Totals:
    """The slots of a history's totals: a number each."""

    def __init__(self) -> None:
        self._slots: dict[tuple[str, str | None], int] = {}
        self._selections: dict[str, Selection] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def slot(self, selection: Selection, field: str | None) -> int:
        """The place of a total: of a field, or of the events themselves where that is None.

        `selection` is one without key fields.
        """
        self._selections[selection.digest] = selection
        return self._slots.setdefault((selection.digest, field), len(self._slots))

    def notes(self) -> Mapping[str, Note]:
        """By event type, a function (totals, event) that adds an event; none where it adds nothing."""
        found = {event_type: self._compile(event_type) for event_type in FIELDS}
        return {event_type: note for event_type, note in found.items() if note is not None}

    def _compile(self, event_type: str) -> Note | None:
        constants = Constants()
        updates: dict[str, list[str]] = {}
        for (digest, field), slot in self._slots.items():
            condition = condition_source(self._selections[digest], event_type, "e", constants)
            if condition is None or (field is not None and field not in FIELDS[event_type]):
                continue
            more = "1" if field is None else f"e.{field} or 0"
            updates.setdefault(condition, []).append(f"totals[{slot}] += {more}")
        if not updates:
            return None
        lines = [f" if {condition}: {'; '.join(found)}" for condition, found in updates.items()]
        note: Note = compile_function("\n".join(["def compiled(totals, e):", *lines]), constants)
        return note
