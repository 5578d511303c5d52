"""Events and rules in few words; in timelines `5b` is the event b at minute 5."""

import json
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from detector.core.events import Event, Refusal, decode
from detector.core.history import Entry, History, Item
from detector.core.rule import Rule
from detector.rules.reader import read_rule

MINUTE = 60_000
HOUR = 60 * MINUTE

DEFAULTS = {
    "user_id": "u1",
    "amount": 1,
    "currency": "CNY",
    "merchant_id": "m1",
    "auth_method": "none",
    "payee_id": "p1",
    "instalments": 12,
    "refunded_event_id": "e0",
    "new_device": False,
    "result": "passed",
    "session_id": "s1",
    "agreement_id": "a1",
    "consent": "explicit",
    "new_limit": 100,
    "complaint_id": "c1",
    "status": "opened",
}


def ev(event_id: str, minute: float, kind: str = "debit", ms: int = 0, **fields: Any) -> Event:
    """An event at a minute and some ms; fields left out take defaults."""
    time = round(minute * MINUTE) + ms
    given = DEFAULTS | {"type": kind, "event_id": event_id, "event_time": time} | fields
    found = decode(msgspec.json.encode(given))
    assert not isinstance(found, Refusal), found.message
    return found


def debits(*minutes: float, **fields: Any) -> list[Event]:
    """Debits named a, b, c, ... at these minutes."""
    return [ev(name, minute, **fields) for name, minute in zip("abcdefghij", minutes, strict=False)]


def read(written: dict[str, Any]) -> Rule:
    """A rule as the reader understands it, keyed by user_id where it does not say."""
    full = {"id": "r", "by": "user_id"} | written
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{full['id']}.yaml"
        path.write_text(json.dumps(full))
        return read_rule(path).rule


def window(when: Any, *, event: Any = "debit", within: str = "10m", **rest: Any) -> Rule:
    """A window rule with one selector; `where` belongs to it, the rest to the rule."""
    selector = {name: rest.pop(name) for name in ("where",) if name in rest}
    return read({"window": {"event": event, "within": within, **selector}, "when": when, **rest})


def select(when: Any, *, rule: dict[str, Any] | None = None, **selectors: Any) -> Rule:
    """A window rule of 10m with several selectors."""
    return read({"window": {"within": "10m", "select": selectors}, "when": when} | (rule or {}))


def sequence(*steps: dict[str, Any], rule: dict[str, Any] | None = None, **rest: Any) -> Rule:
    """A sequence rule."""
    return read({"sequence": {"steps": list(steps), **rest}} | (rule or {}))


def history_of(*events: Event) -> History:
    """A history with these events."""
    history = History()
    for event in events:
        history.add(Entry(event, None))
    return history


def saved(history: History, stored: list[Item]) -> list[Item]:
    """What the store holds after a save of a history, given what it held before."""
    new = [item if isinstance(item, Entry) else deepcopy(item) for item in _to_store(history)]
    held = new if history.rewrite else [*stored, *new]
    history.unsaved, history.rewrite = [], False
    return held


def _to_store(history: History) -> list[Item]:
    return history.contents() if history.rewrite else history.unsaved
