"""Events whose every text is a value that can be looked for where no event's data may be."""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.integration.live import Live, Worker
from tests.stream.given import TRACE

MARK = "zqCanary7"
HEADER_VALUE = f"{MARK}-header".encode()
# Merchants are no persons, and by them some rules alert.
MERCHANT = "m-shop"
MINUTE_MS = 60_000

Record = tuple[str, bytes | None, bytes | None]


def canary(field: str) -> str:
    """The value of a field."""
    return f"{MARK}-{field}"


def leaks(text: str | bytes) -> list[str]:
    """Each place in a text that holds a canary, with what is around it; also where it is written in hex."""
    found = text.decode(errors="replace") if isinstance(text, bytes) else text
    lower = found.lower()
    places = []
    for form in (MARK.lower(), MARK.encode().hex()):
        start = lower.find(form)
        while start >= 0:
            places.append(found[max(0, start - 80) : start + 60])
            start = lower.find(form, start + 1)
    return places


class People:
    """Makes events of users who are named by canaries; times are minutes from the first event."""

    def __init__(self) -> None:
        self._start = int(time.time() * 1000) - 120 * MINUTE_MS
        self._number = 0

    def event(self, event_type: str, minute: float, user: str = "user", **fields: Any) -> dict[str, Any]:
        self._number += 1
        return {
            "event_id": f"{canary('event')}-{self._number}",
            "type": event_type,
            "event_time": self._start + int(minute * MINUTE_MS),
            "user_id": canary(user),
            "device_id": canary("device"),
            "ip": canary("ip"),
            "city": canary("city"),
            "country": canary("country"),
            "channel": canary("channel"),
            "note": canary("unknown-field"),
            **fields,
        }

    def debit(self, minute: float, user: str = "user", **fields: Any) -> dict[str, Any]:
        texts = {name: canary(name) for name in ("currency", "card_id", "agreement_id", "terminal_id")}
        own = texts | {"amount": 900, "merchant_id": MERCHANT, "auth_method": "none"}
        return self.event("debit", minute, user, **(own | fields))

    def transfer(self, minute: float, user: str = "user") -> dict[str, Any]:
        texts = {name: canary(name) for name in ("currency", "card_id", "payee_id")}
        return self.event("transfer", minute, user, amount=500_000, auth_method="face", **texts)

    def burst(self, user: str = "user", minute: float = 0) -> list[dict[str, Any]]:
        """Five debits that `no-password-burst` alerts on, the last a second time."""
        debits = [self.debit(minute + n / 10, user) for n in range(5)]
        return [*debits, debits[-1]]

    def remote_session(self, user: str = "victim") -> list[dict[str, Any]]:
        """Face and money after a remote session; then it is learnt that the session had ended before."""
        session = {"session_id": canary("session"), "app": canary("app")}
        return [
            self.event("remote_session_started", 0, user, **session),
            self.event("face_verification", 20, user, result="passed", purpose=canary("purpose")),
            self.transfer(22, user),
            self.event("remote_session_ended", 5, user, **session),
        ]

    def others(self, user: str = "user") -> list[dict[str, Any]]:
        """An event of each further type."""
        return [
            self.event("instalment", 30, user, amount=1, currency=canary("currency"), merchant_id=MERCHANT,
                       auth_method="otp", instalments=3),
            self.event("refund", 30, user, amount=1, currency=canary("currency"), merchant_id=MERCHANT,
                       refunded_event_id=canary("refunded")),
            self.event("login", 30, user, new_device=True, method=canary("method")),
            self.event("sms_sync_enabled", 30, user),
            self.event("password_reset", 30, user),
            self.event("device_bound", 30, user),
            self.event("device_reported_lost", 30, user),
            self.event("agreement_activated", 30, user, agreement_id=canary("agreement"),
                       merchant_id=MERCHANT, consent="default"),
            self.event("credit_limit_raised", 30, user, new_limit=1),
            self.event("complaint", 30, user, complaint_id=canary("complaint"), merchant_id=MERCHANT,
                       status="opened"),
        ]  # fmt: skip

    def too_late(self) -> dict[str, Any]:
        """An event that is two days older than those of its user and its merchant."""
        return self.debit(-2 * 24 * 60)


class Bad(NamedTuple):
    """A record that is refused, and the reason."""

    reason: str
    key: bytes | None
    value: bytes | None


def bad_records(people: People) -> list[Bad]:
    """Records that are refused, in every way that quotes something of theirs if anything does."""
    key = canary("user").encode()

    def changed(**changes: Any) -> bytes:
        return json.dumps(people.debit(1) | changes).encode()

    whole = changed()
    return [
        Bad("null_value", key, None),
        Bad("not_json", key, whole[:-3]),
        Bad("not_json", key, whole.replace(b"-ip", b"-\xff\xfe")),
        Bad("not_json", key, f'{{"{canary("name")}":'.encode() * 3_000),
        Bad("not_object", key, b"[" + whole + b"]"),
        Bad("not_object", key, json.dumps(canary("text")).encode()),
        *(Bad("bad_field", key, changed(**fault)) for fault in _FAULTS),
        Bad("bad_field", key, json.dumps({canary("name"): canary("value")}).encode()),
        Bad("unknown_type", key, changed(type=canary("type"))),
        Bad("event_time_in_future", key, changed(event_time=int(time.time() * 1000) + 3_600_000)),
        Bad("key_mismatch", canary("another").encode(), whole),
        Bad("key_mismatch", b"\xff" + key, whole),
        Bad("key_mismatch", None, whole),
        Bad("too_large", key, changed(note=canary("long") * 7_000)),
    ]


_FAULTS: list[dict[str, Any]] = [
    {"amount": canary("amount")},
    {"amount": -1},
    {"amount": [canary("amount")]},
    {"amount": {canary("name"): canary("amount")}},
    {"auth_method": canary("method")},
    {"event_time": canary("time")},
    {"event_time": 10**400},
    {"user_id": None},
    {"user_id": [canary("user")]},
    {"user_tier": canary("tier")},
    {"card_id": {canary("name"): 1}},
    {"terminal_certified": canary("yes")},
]


def records(topic: str, bad: Iterable[Bad]) -> Iterator[Record]:
    return ((topic, key, value) for _, key, value in bad)


async def send_all(live: Live, people: People) -> dict[str, int]:
    """Send every kind of event and of bad record, with headers; gives how many refusals by reason."""
    bad = bad_records(people)
    events = [*people.burst(), *people.remote_session(), *people.others()]
    for minute in (40, 41):
        events.append(people.debit(minute, "watched"))
    sent = [_record(live, event) for event in events]
    headers = [(f"{MARK}-name", HEADER_VALUE), ("traceparent", TRACE)]
    await live.send_records([*sent, *records(live.names["logins"], bad)], headers=headers)
    # What comes in one round goes by its time.
    await live.has_drained()
    await live.send_records([_record(live, people.too_late())], headers=headers)
    expected: dict[str, int] = {"too_late": 1}
    for one in bad:
        expected[one.reason] = expected.get(one.reason, 0) + 1
    return expected


def _record(live: Live, event: dict[str, Any]) -> Record:
    return live.topic(event["type"]), event["user_id"].encode(), json.dumps(event).encode()


@contextmanager
def ended(worker: Worker) -> Iterator[Worker]:
    """The worker, which does not outlive the test; in the end its log must hold no canary."""
    try:
        yield worker
    finally:
        worker.kill()
    assert leaks(worker.log.read_text()) == []
