"""What is remembered of one key: its events in their order, and the alerts that were raised on them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable
from heapq import nsmallest
from typing import Any, NamedTuple

from detector.core.alert_record import AlertRecord
from detector.core.events import Event, Position
from detector.core.folded import Folded

# A named tuple's own way to be made takes twice as long.
new_tuple = tuple.__new__


class Source(NamedTuple):
    """Where in Kafka an event was read."""

    topic: str
    partition: int
    offset: int


class Entry(NamedTuple):
    """An event with the place it was read at, None where that was not Kafka."""

    event: Event
    source: Source | None


Item = Entry | AlertRecord | Folded

SHORT = 32
"""Up to so many events a history is looked through; beyond it an index costs less."""


class History:
    """The events of one key in the order of (event_time, event_id), and its alert records by alert id.

    `unsaved` collects what was added since the last save, in the order it came: the store appends it;
    where `rewrite` is set, it must store all `contents` anew instead. `folded` is the past that was folded
    into time buckets because the key had too many events; `stray` are restored events that belong there.
    `keep_until` is the event time (ms) after which nothing of it is needed; `forget_at` the number of
    events at which it is worth looking for what is over; `stored` is what its codec knows of what is stored.
    `marks`, `totals` and `selections` are the engine's: bits of what the events match, how much of them there
    is, and what its selections found.
    `said` has the alert records by rule, the last said last, each with the newest event time of then.
    """

    __slots__ = (
        "_known",
        "alerts",
        "entries",
        "folded",
        "forget_at",
        "ids",
        "keep_until",
        "marks",
        "rewrite",
        "said",
        "selections",
        "stored",
        "stray",
        "times",
        "totals",
        "unsaved",
    )

    def __init__(self) -> None:
        self.times: list[int] = []
        self.ids: list[str] = []
        self.entries: list[Entry] = []
        self.alerts: dict[str, AlertRecord] = {}
        self.said: dict[str, OrderedDict[str, tuple[int, AlertRecord]]] = {}
        self.folded: Folded | None = None
        self.stray: list[Entry] = []
        self.keep_until = 0
        self.forget_at = 0
        self.marks = 0
        self.totals: list[int] = []
        self.selections: dict[int, Any] = {}
        self.stored: Any = None
        self.unsaved: list[Item] = []
        self.rewrite = False
        self._known: set[str] | None = None

    def __len__(self) -> int:
        return len(self.times)

    @property
    def newest(self) -> int:
        """The event time of the newest event, -1 where there is none."""
        return self.times[-1] if self.times else -1

    def knows(self, event_id: str) -> bool:
        """Whether an event of that id is there; one that was folded is not known any more."""
        if len(self.ids) <= SHORT:
            return event_id in self.ids
        if self._known is None:
            self._known = set(self.ids)
        return event_id in self._known

    def place(self, position: Position) -> int:
        """The index at which an event of that position stands or would stand."""
        event_time, event_id = position
        times = self.times
        if not times or event_time > times[-1]:
            return len(times)
        low = bisect_left(times, event_time)
        high = bisect_right(times, event_time, low)
        return bisect_left(self.ids, event_id, low, high)

    def first_after(self, event_time: int) -> int:
        """The index of the first event later than `event_time`."""
        return bisect_right(self.times, event_time)

    def position(self, index: int) -> Position:
        """The position of the event at an index."""
        return self.times[index], self.ids[index]

    def insert(self, entry: Entry) -> int:
        """Put an event in its place; gives its index."""
        event = entry[0]
        event_time = event.event_time
        times = self.times
        if self._known is not None:
            self._known.add(event.event_id)
        if not times or event_time > times[-1]:
            times.append(event_time)
            self.ids.append(event.event_id)
            self.entries.append(entry)
            return len(times) - 1
        index = self.place((event_time, event.event_id))
        for selection in self.selections.values():
            selection.give_back(self.entries, index)
        times.insert(index, event_time)
        self.ids.insert(index, event.event_id)
        self.entries.insert(index, entry)
        return index

    def add(self, entry: Entry) -> int:
        """Insert a new event that the store must append; gives its index."""
        self.unsaved.append(entry)
        return self.insert(entry)

    def record(self, alert: AlertRecord) -> None:
        """Remember what was said of an alert, now and in the store."""
        self._take_in(alert)
        self.unsaved.append(alert)

    def restore(self, item: Item) -> None:
        """Take back one item of what the store kept, in the order it was added."""
        if isinstance(item, AlertRecord):
            self._take_in(item)
        elif isinstance(item, Folded):
            self.folded = item
        elif self.folds(item.event):
            self.stray.append(item)
        else:
            self.insert(item)

    def say_again(self) -> None:
        """Take every alert record for open, as after the newest event."""
        for alert in self.alerts.values():
            self._take_in(alert)

    def contents(self) -> list[Item]:
        """All that a store must keep to restore this history."""
        folded = [] if self.folded is None else [self.folded]
        return [*folded, *self.entries, *self.alerts.values()]

    def forget(self, expired: Callable[[Event], bool]) -> None:
        """Drop the events that are `expired`, and the alert records whose time is over."""
        kept = [entry for entry in self.entries if not expired(entry.event)]
        if len(kept) < len(self.entries):
            self._keep(kept)
        newest = self.newest
        self._leave_out([alert for alert in self.alerts.values() if alert.until < newest])

    def forget_alerts(self, surplus: int) -> None:
        """Drop the records of so many alerts, those first that would be kept for the shortest time."""
        self._leave_out(nsmallest(surplus, self.alerts.values(), key=_end_of_use))
        self.rewrite = True

    def cut(self, surplus: int) -> list[Entry]:
        """Take the oldest `surplus` events out; whoever folds them moves the floor."""
        oldest = self.entries[:surplus]
        self._keep(self.entries[surplus:])
        self.rewrite = True
        return oldest

    def folds(self, event: Event) -> bool:
        """Whether an event lies in the part of the past that was folded."""
        return self.folded is not None and (event.event_time, event.event_id) <= self.folded.floor

    def is_folded_after(self, event_time: int) -> bool:
        """Whether events later than `event_time` were folded because the key had too many."""
        return self.folded is not None and event_time < self.folded.floor[0]

    def _leave_out(self, alerts: Iterable[AlertRecord]) -> None:
        for alert in alerts:
            del self.alerts[alert.alert_id]
            if alert.rule_id in self.said:
                self.said[alert.rule_id].pop(alert.alert_id, None)

    def _take_in(self, alert: AlertRecord) -> None:
        self.alerts[alert.alert_id] = alert
        known = self.said.setdefault(alert.rule_id, OrderedDict())
        known[alert.alert_id] = (self.newest, alert)
        known.move_to_end(alert.alert_id)

    def _keep(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.times = [entry.event.event_time for entry in entries]
        self.ids = [entry.event.event_id for entry in entries]
        self.selections.clear()
        self._known = None


def _end_of_use(alert: AlertRecord) -> tuple[int, str]:
    return alert.until, alert.alert_id
