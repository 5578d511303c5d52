"""What is refused reaches the dead letters with its reason; its neighbours are untouched."""

import json
import time
from typing import Any

from tests.integration.live import Live, Worker, alert_ids

CANARY = "6222021234567890"


def _event(number: int, event_type: str = "debit", **fields: Any) -> dict[str, Any]:
    now = int(time.time() * 1000)
    common = {"event_id": f"e{number}", "type": event_type, "event_time": now + number, "user_id": "u1"}
    debit = {"amount": 900, "currency": "CNY", "merchant_id": "m1", "auth_method": "none"}
    return common | (debit if event_type == "debit" else {}) | fields


def _bad_records() -> dict[str, list[tuple[bytes | None, bytes | None]]]:
    """For each reason, records (key, value) that are refused for it."""

    def as_json(**changes: Any) -> bytes:
        return json.dumps(_event(900, card_id=CANARY) | changes).encode()

    missing = json.dumps({"event_id": CANARY, "type": "debit", "event_time": 1, "user_id": "u1"}).encode()
    ahead = int(time.time() * 1000) + 11 * 60_000
    return {
        "null_value": [(b"u1", None)],
        "not_json": [
            (b"u1", b'{"event_id": "' + CANARY.encode()),
            (b"u1", b"\xff\xfe" + CANARY.encode()),
            (b"u1", b""),
            (b"u1", b'{"a":' * 5_000),
        ],
        "not_object": [(b"u1", b'["' + CANARY.encode() + b'"]'), (b"u1", b"null"), (b"u1", b"12")],
        "bad_field": [
            (b"u1", missing),
            (b"u1", as_json(amount=CANARY)),
            (b"u1", as_json(amount=-1)),
            (b"u1", as_json(amount=1.5)),
            (b"u1", as_json(amount=10**30)),
            (b"u1", as_json(auth_method=CANARY)),
            (b"u1", as_json(event_time=str(CANARY))),
            (b"u1", as_json(user_id=None)),
            (b"u1", as_json(terminal_certified="yes")),
        ],
        "unknown_type": [(b"u1", as_json(type=f"debit{CANARY}"))],
        "event_time_in_future": [(b"u1", as_json(event_time=ahead))],
        "key_mismatch": [(b"u2", as_json()), (None, as_json()), (b"\xff", as_json())],
        "too_large": [(b"u1", as_json(note="x" * 70_000)), (b"u1", as_json(note="x" * 950_000))],
    }


async def test_every_refused_record_is_put_aside_with_its_reason_and_nothing_of_it_is_logged(
    live: Live, worker: Worker
) -> None:
    # Given a burst of five debits with a bad record of every kind between each two of them
    bad = _bad_records()
    records: list[tuple[str, bytes | None, bytes | None]] = []
    for number in range(5):
        records.append((live.names["payments"], b"u1", json.dumps(_event(number)).encode()))
        records += [(live.names["payments"], *record) for found in bad.values() for record in found]

    # When the detector reads them
    await live.send_records(records)
    await worker.has_processed(len(records))
    await live.has_drained()

    # Then each bad one is among the dead letters, byte for byte, with its reason and its place
    letters = await live.read("dead_letters")
    found: dict[str, list[tuple[bytes | None, bytes | None]]] = {}
    for letter in letters:
        headers = {name: value.decode() for name, value in letter.headers}
        found.setdefault(headers["detector.reason"], []).append((letter.key, letter.value))
        assert headers["__connect.errors.topic"] == live.names["payments"]
        assert int(headers["__connect.errors.partition"]) in range(4)
        assert int(headers["__connect.errors.offset"]) >= 0
        assert headers["__connect.errors.exception.class.name"]
        assert CANARY not in "".join(headers.values())
    for reason, expected in bad.items():
        assert sorted(map(repr, found.pop(reason))) == sorted(map(repr, expected * 5)), reason
    assert found == {}

    # And the burst is seen as if they were not there, and nothing of them is in the log or the metrics
    standing, _ = alert_ids(await live.read("alerts"))
    assert len(standing) == 1
    assert worker.metric("detector_dead_letters_total", reason="bad_field") == 45
    assert CANARY not in (worker.get("/metrics") or "")
    assert worker.stop() == 0
    assert CANARY not in worker.log.read_text()


async def test_an_event_older_than_anything_kept_is_put_aside_as_too_late(live: Live, worker: Worker) -> None:
    # Given a newest event, and one far beyond the lateness and every span
    now = int(time.time() * 1000)
    await live.send([_event(1, event_time=now)])
    await worker.has_processed(1)
    await live.send([_event(2, event_time=now - 2 * 86_400_000)])
    await worker.has_processed(2)
    # It is refused only once it was too late for its merchant as well
    await live.has_drained()

    # Then it is counted and put aside
    (letter,) = await live.read("dead_letters")
    assert dict(letter.headers)["detector.reason"] == b"too_late"
    assert json.loads(letter.value)["event_id"] == "e2"
    topic = live.topic("debit")
    assert worker.metric("detector_late_events_total", topic=topic, outcome="too_late") == 1


async def test_compressed_records_of_all_four_codecs_are_read(live: Live, worker: Worker) -> None:
    for number, codec in enumerate(("gzip", "snappy", "lz4", "zstd")):
        await live.send([_event(number)], compression_type=codec)
    await worker.has_processed(4)
    await live.send([_event(5)])
    await worker.has_processed(5)
    await live.has_drained()
    standing, _ = alert_ids(await live.read("alerts"))
    assert len(standing) == 1
