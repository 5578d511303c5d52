"""Records that are no events: one for each hundredth event of a load, each of a kind that is refused."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.faults.load import Event
from tests.faults.platform import Platform, Record

# In each of them, so that it can be looked for where no payload may be: a card's number that is nobody's.
CANARY = "6222021234567890"
_EVERY = 100
_FAR_AHEAD_MS = 10_000 * 86_400_000


@dataclass
class Poisoned:
    """The records of events with others among them; `injected` counts those by reason."""

    records: list[Record] = field(default_factory=list)
    injected: Counter[str] = field(default_factory=Counter)


def poisoned(sender: Platform, events: tuple[Event, ...], seed: int) -> Poisoned:
    """Put a bad record, made from the event before it, after each hundredth event."""
    rng = random.Random(seed)
    made = Poisoned()
    kinds = _kinds_in_turn(rng)
    for number, event in enumerate(events, 1):
        made.records.append(sender.record(event))
        if number % _EVERY == 0:
            reason, key, value = next(kinds)(event)
            made.injected[reason] += 1
            made.records.append((made.records[-1][0], key, value))
    return made


Bad = tuple[str, bytes | None, bytes | None]


def _kinds_in_turn(rng: random.Random) -> Iterator:
    while True:
        yield from rng.sample(KINDS, len(KINDS))


def _key(event: Event) -> bytes:
    return event["user_id"].encode()


def _changed(event: Event, **changes: object) -> bytes:
    return json.dumps(event | {"event_id": f"bad-{event['event_id']}", "card_id": CANARY} | changes).encode()


def _truncated(event: Event) -> Bad:
    return "not_json", _key(event), _changed(event)[:-3]


def _bad_utf8(event: Event) -> Bad:
    # In a field that every event may have: of fields that it does not know the detector reads no text.
    value = _changed(event, device_id=f"{CANARY}?")
    return "not_json", _key(event), value.replace(b'?"', b'\xff\xfe"')


def _nan(event: Event) -> Bad:
    return "not_json", _key(event), _changed(event, event_time=float("nan"))


def _deep(event: Event) -> Bad:
    return "not_json", _key(event), b'{"' + CANARY.encode() + b'":' * 20_000


def _deep_and_closed(event: Event) -> Bad:
    return "not_json", _key(event), _changed(event)[:-1] + b', "x":' + b"[" * 9_000 + b"]" * 9_000 + b"}"


def _array(event: Event) -> Bad:
    return "not_object", _key(event), b"[" + _changed(event) + b"]"


def _wrong_type(event: Event) -> Bad:
    return "bad_field", _key(event), _changed(event, event_time=CANARY)


def _huge(event: Event) -> Bad:
    return "bad_field", _key(event), _changed(event, event_time=10**400)


def _no_user(event: Event) -> Bad:
    value = json.loads(_changed(event))
    del value["user_id"]
    return "bad_field", _key(event), json.dumps(value).encode()


def _unknown(event: Event) -> Bad:
    return "unknown_type", _key(event), _changed(event, type=CANARY)


def _null(event: Event) -> Bad:
    return "null_value", _key(event), None


def _large(event: Event) -> Bad:
    return "too_large", _key(event), _changed(event, note="x" * 900 * 1024)


def _another_key(event: Event) -> Bad:
    return "key_mismatch", CANARY.encode(), _changed(event)


def _bad_key(event: Event) -> Bad:
    return "key_mismatch", b"\xff\xfe" + CANARY.encode(), _changed(event)


def _no_key(event: Event) -> Bad:
    return "key_mismatch", None, _changed(event)


def _ahead(event: Event) -> Bad:
    later = event["event_time"] + _FAR_AHEAD_MS
    return "event_time_in_future", _key(event), _changed(event, event_time=later)


KINDS = [
    _truncated,
    _bad_utf8,
    _nan,
    _deep,
    _deep_and_closed,
    _array,
    _wrong_type,
    _huge,
    _no_user,
    _unknown,
    _null,
    _large,
    _another_key,
    _bad_key,
    _no_key,
    _ahead,
]
