"""What is remembered of one key: its events in their order, and the alerts that were raised on them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from detector.core.events import TYPE_BITS, Event
from detector.core.rule import Severity

Position = tuple[int, str]
"""An event's place in a key's order: (event_time, event_id)."""


class Source(NamedTuple):
    """Where in Kafka an event was read."""

    topic: str
    partition: int
    offset: int


class AlertRecord(msgspec.Struct, gc=False):
    """What was said of one alert, so that it is neither raised twice nor forgotten when it falls.

    `anchor` is the event it names, `first` the earliest anchor known in its period; `until` is the event
    time (ms) up to which the record is kept.
    """

    rule_id: str
    alert_id: str
    case_id: str
    severity: Severity
    anchor: Position
    first: Position
    revision: int
    standing: bool
    until: int


class Entry(NamedTuple):
    """An event with the place it was read at, None where that was not Kafka."""

    event: Event
    source: Source | None


class Floor(msgspec.Struct, frozen=True, gc=False):
    """The position up to which events were cut off because the key had too many."""

    position: Position


class History:
    """The events of one key in the order of (event_time, event_id), and its alert records by alert id.

    `unsaved` collects what was added since the last save, in the order it came: the store appends it.
    `keep_until` is the event time (ms) after which nothing of it is needed; `forget_at` the number of
    events at which it is worth looking for what is over; `types` has the bit of every event type among
    the events, and perhaps of some that were forgotten; `stored` counts the items that the store holds.
    """

    __slots__ = (
        "alerts",
        "entries",
        "floor",
        "forget_at",
        "ids",
        "keep_until",
        "stored",
        "times",
        "types",
        "unsaved",
    )

    def __init__(self) -> None:
        self.times: list[int] = []
        self.ids: list[str] = []
        self.entries: list[Entry] = []
        self.alerts: dict[str, AlertRecord] = {}
        self.floor: Position | None = None
        self.keep_until = 0
        self.forget_at = 0
        self.types = 0
        self.stored = 0
        self.unsaved: list[Entry | AlertRecord | Floor] = []

    def __len__(self) -> int:
        return len(self.times)

    @property
    def newest(self) -> int:
        """The event time of the newest event, -1 where there is none."""
        return self.times[-1] if self.times else -1

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
        self.types |= TYPE_BITS[event.type]
        if not times or event_time > times[-1]:
            times.append(event_time)
            self.ids.append(event.event_id)
            self.entries.append(entry)
            return len(times) - 1
        index = self.place((event_time, event.event_id))
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
        self.alerts[alert.alert_id] = alert
        self.unsaved.append(alert)

    def restore(self, item: Entry | AlertRecord | Floor) -> None:
        """Take back one item of what the store kept, in the order it was added."""
        if isinstance(item, AlertRecord):
            self.alerts[item.alert_id] = item
        elif isinstance(item, Floor):
            self.floor = item.position
            self._keep([entry for entry in self.entries if _position(entry) > item.position])
        else:
            self.insert(item)

    def contents(self) -> list[Entry | AlertRecord | Floor]:
        """All that a store must keep to restore this history."""
        floor = [] if self.floor is None else [Floor(self.floor)]
        return [*floor, *self.entries, *self.alerts.values()]

    def forget(self, expired: Callable[[Event], bool]) -> None:
        """Drop the events that are `expired`, and the alert records whose time is over."""
        kept = [entry for entry in self.entries if not expired(entry.event)]
        if len(kept) < len(self.entries):
            self._keep(kept)
        newest = self.newest
        over = [alert_id for alert_id, alert in self.alerts.items() if alert.until < newest]
        for alert_id in over:
            del self.alerts[alert_id]

    def cut(self, cap: int) -> None:
        """Keep the newest `cap` events; what was cut is marked by the floor."""
        surplus = len(self) - cap
        if surplus <= 0:
            return
        cut = self.position(surplus - 1)
        floor = self.floor = cut if self.floor is None else max(self.floor, cut)
        self.unsaved.append(Floor(floor))
        self._keep([entry for entry in self.entries[surplus:] if _position(entry) > floor])

    def is_cut_after(self, event_time: int) -> bool:
        """Whether events later than `event_time` are missing because the key had too many."""
        return self.floor is not None and event_time < self.floor[0]

    def _keep(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.times = [entry.event.event_time for entry in entries]
        self.ids = [entry.event.event_id for entry in entries]


def _position(entry: Entry) -> Position:
    return entry.event.event_time, entry.event.event_id
