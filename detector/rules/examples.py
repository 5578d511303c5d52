"""The tests inside a rule file: events as they arrive, and the alerts that stand in the end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from detector.core.events import FIELDS, Event, Field, Refusal, decode
from detector.core.rule import Severity
from detector.rules.conditions import read_value
from detector.rules.faults import Mark, nearest, quoted
from detector.rules.located import Entry, Located
from detector.rules.meant import meant_name
from detector.rules.reading import Reading, plain, shown

START = 1_767_225_600_000
"""`at: 0s` of a test: 2026-01-01T00:00:00Z, in ms since 1970."""

_DEFAULTS: dict[str, Any] = {
    "user_id": "u1",
    "amount": 1000,
    "currency": "CNY",
    "merchant_id": "m1",
    "auth_method": "password",
    "payee_id": "p1",
    "instalments": 12,
    "refunded_event_id": "e0",
    "new_device": False,
    "result": "passed",
    "session_id": "s1",
    "agreement_id": "a1",
    "consent": "explicit",
    "new_limit": 1_000_000,
    "status": "opened",
}
_FIELD_PATH = re.compile(r"`\$\.(\w+)")
MOST_REPEATS = 10_000
REQUIRED_KEYS = ("name", "events", "alerts")
EVENT_KEYS = ("at", "type", "repeat", "every")
EXPECTED_KEYS = ("at", "severity", "action", "user_id", "merchant_id")


class Expected(NamedTuple):
    """An alert that must stand: its anchor's event time (ms since 1970), and what else the test names."""

    event_time: int
    named: dict[str, Any]


class Example(NamedTuple):
    """One test of a rule; `events` are in arrival order, `lists` those that it fills."""

    name: str
    mark: Mark
    events: list[Event]
    expected: list[Expected]
    lists: dict[str, frozenset[str]]


def read_examples(reading: Reading, node: Located) -> list[Example]:
    """The tests of a rule, which was read before: they may fill the lists that it names."""
    return [_read_example(reading, item) for item in reading.items(node, "'tests'")]


def _read_example(reading: Reading, node: Located) -> Example:
    entries = reading.mapping(node, (*REQUIRED_KEYS, "lists"), "a test", required=REQUIRED_KEYS)
    name = reading.optional(entries, "name", lambda n: reading.text(n, "a test's name"), "")
    events: list[Event] = []
    if "events" in entries:
        for item in reading.items(entries["events"].node, "'events'"):
            events += _read_events(reading, item, len(events))
    expected = []
    if "alerts" in entries:
        alerts = entries["alerts"].node
        if not isinstance(alerts.value, list):
            reading.fault(alerts.mark, f"'alerts' must be a list ([] for none), found {shown(alerts)}")
        else:
            expected = [_read_expected(reading, item) for item in alerts.value]
    lists: dict[str, frozenset[str]] = {}
    if "lists" in entries:
        for listed, entry in reading.mapping(entries["lists"].node, None, "'lists'").items():
            lists[listed] = _read_members(reading, entry, listed)
    return Example(name, node.mark, events, expected, lists)


def _read_members(reading: Reading, entry: Entry, name: str) -> frozenset[str]:
    if name not in reading.lists:
        hint = nearest(name, reading.lists) if reading.lists else "it names none"
        reading.fault(entry.mark, f"the rule names no list '{name}'; {hint}")
    if not isinstance(entry.node.value, list):
        message = f"the members of '{name}' must be a list ([] for none), found {shown(entry.node)}"
        reading.fault(entry.node.mark, message)
        return frozenset()
    return frozenset(reading.text(item, f"a member of '{name}'") for item in entry.node.value)


def _read_events(reading: Reading, node: Located, number: int) -> list[Event]:
    """The events that one item of a test stands for: more than one where it is repeated.

    `{n}` in a text stands for the number of the repetition: `user_id: "u{n}"` makes u1, u2, ...
    """
    entries = reading.mapping(node, None, "an event of a test")
    event_type = _event_type(reading, node, entries)
    if event_type is None:
        return []
    known = [*EVENT_KEYS, *FIELDS[event_type]]
    for name, entry in entries.items():
        if name not in known:
            hint = meant_name(name) or f"; {nearest(name, known)}"
            reading.fault(entry.mark, f"{event_type} events have no field {quoted(name)}{hint}")
    at = reading.optional(entries, "at", lambda n: reading.duration(n, "'at'"), 0)
    repeat = reading.optional(entries, "repeat", lambda n: reading.count(n, "'repeat'"), 1)
    if repeat > MOST_REPEATS:
        reading.fault(entries["repeat"].node.mark, f"'repeat' is {MOST_REPEATS} at most")
        return []
    every = reading.optional(entries, "every", lambda n: reading.duration(n, "'every'"), 0)
    given = _read_given(reading, entries, FIELDS[event_type])
    if given is None:
        return []
    events = []
    for index in range(repeat):
        event_id = f"e{number + index + 1:05}"
        defaults = _DEFAULTS | {"event_id": event_id, "complaint_id": f"c-{event_id}"}
        numbered = {name: _numbered(value, index + 1) for name, value in given.items()}
        values = {name: defaults[name] for name in FIELDS[event_type] if name in defaults} | numbered
        made = decode(
            msgspec.json.encode({"type": event_type, "event_time": START + at + index * every, **values})
        )
        if isinstance(made, Refusal):
            reading.fault(_place_of(made, entries, node), f"the event would be refused: {made.message}")
            return []
        events.append(made)
    return events


def _place_of(refusal: Refusal, entries: dict[str, Entry], node: Located) -> Mark:
    found = _FIELD_PATH.search(refusal.message)
    return entries[found[1]].node.mark if found and found[1] in entries else node.mark


def _read_given(
    reading: Reading, entries: dict[str, Entry], fields: Mapping[str, Field]
) -> dict[str, Any] | None:
    """The fields that the test names, nothing where one has a value that it cannot have."""
    faults = len(reading.faults)
    given = {name: plain(entry.node) for name, entry in entries.items() if name in fields}
    for name, value in given.items():
        if value is not None or not fields[name].optional:
            read_value(reading, entries[name].node, name, fields[name])
    return given if len(reading.faults) == faults else None


def _numbered(value: Any, number: int) -> Any:
    return value.replace("{n}", str(number)) if isinstance(value, str) else value


def _event_type(reading: Reading, node: Located, entries: dict[str, Entry]) -> str | None:
    for name in ("at", "type"):
        if name not in entries:
            reading.fault(node.mark, f"an event of a test needs '{name}'")
    if "type" not in entries:
        return None
    return reading.word(entries["type"].node, FIELDS, "event type", "") or None


def _read_expected(reading: Reading, node: Located) -> Expected:
    entries = reading.mapping(node, EXPECTED_KEYS, "an expected alert", required=("at",))
    at = reading.optional(entries, "at", lambda n: reading.duration(n, "'at'"), 0)
    if "severity" in entries:
        reading.choice(entries["severity"].node, Severity, "severity", Severity.MEDIUM)
    named = {name: plain(entry.node) for name, entry in entries.items() if name != "at"}
    return Expected(START + at, named)
