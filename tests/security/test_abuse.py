"""What one user, one merchant or a stream of rubbish may cost is bounded, and the others are still seen."""

import json
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from detector.core.engine import Outcome
from detector.core.events import Event, Reason, Refusal, decode
from detector.core.rule import Mode, Severity
from detector.rules.rule_set import CATALOGUE
from detector.state.store import Outcome as CommitOutcome
from tests.integration.live import Live, live_on
from tests.security.canaries import People, ended, leaks, send_all
from tests.security.flood import CROWDED, FLOODER, burst, bytes_of, debit, flood
from tests.servers.kafka import RunningKafka
from tests.servers.topics import Topics

CAP = 500
FLOOD = 4_000
OTHERS = 20
# An event of these takes some 45 bytes, and a fourth more than the cap is tolerated; the rest is buckets.
MOST_BYTES = 60_000
HOUR_MS = 3_600_000


@pytest_asyncio.fixture
async def live(kafka: RunningKafka, redis_url: str, topics: Topics, tmp_path: Path) -> AsyncIterator[Live]:
    async with live_on(kafka.bootstrap, redis_url, topics, tmp_path) as found:
        yield found


async def test_who_floods_takes_no_more_room_with_more_events_and_hides_nobody(live: Live) -> None:
    live.extra["DETECTOR_STATE__HISTORY_CAP"] = str(CAP)
    start = int(time.time() * 1000) - HOUR_MS
    sizes = []
    with ended(live.start()) as worker:
        await worker.ready()
        # Given a user and a merchant with eight times as many events as are kept, then as many again
        for part in (0, 1):
            numbers = range(part * FLOOD, (part + 1) * FLOOD)
            await live.send(flood(numbers, start, every_ms=100))
            # And the others' bursts, behind them and amid them in time
            for other in range(OTHERS):
                await live.send(burst(f"other-{part}-{other}", start + numbers[-1] * 100))
            await live.has_drained()
            sizes.append([bytes_of(live, f"h:{FLOODER}"), bytes_of(live, f"m:{CROWDED}")])

    # Then their histories are as large as before
    for first, second in zip(*sizes, strict=True):
        assert second < MOST_BYTES
        assert second < 1.3 * first
    # And every other user's burst is told of
    told = {json.loads(alert.value)["entity"].get("user_id") for alert in await live.read("alerts")}
    assert {f"other-{part}-{other}" for part in (0, 1) for other in range(OTHERS)} <= told


async def test_events_that_no_rule_looks_at_leave_only_what_tells_duplicates(live: Live) -> None:
    live.extra["DETECTOR_RULES__CATALOGUE"] = "false"
    live.extra["DETECTOR_STATE__KEEP_AFTER"] = "1h"
    live.use_rules(transfers=TRANSFERS)
    with ended(live.start()) as worker:
        await worker.ready()
        # Given users of whom nothing is used, one of them again and again
        now = int(time.time() * 1000)
        await live.send(debit(f"e{n}", f"user-{n}", f"m{n}", now) for n in range(1_000))
        await live.send(debit(f"f{n}", FLOODER, "m1", now - 6 * (3_000 - n) * 1_000) for n in range(3_000))
        await live.has_drained()
        # What came in one round is appended; the next event has what is not over written anew.
        await live.send([debit("last", FLOODER, "m1", now)])
        await live.has_drained()
    # Then each has a small key that is gone in time, and none for merchants
    with live.state() as client:
        keys = list(client.scan_iter(f"{live.prefix}:*:[hm]:*"))
        assert len(keys) == 1_001
        assert max(client.memory_usage(key) for key in keys if b"user-" in key) < 300
        assert all(0 < client.pttl(key) <= 2 * HOUR_MS for key in keys)
    # Of a hundred events that are not over it holds four hundred at most
    assert bytes_of(live, f"h:{FLOODER}") < 400 * 60


TRANSFERS = """
id: transfers
by: user_id
window: {event: transfer, within: 1h}
when: {count: {gte: 3}}
"""


async def test_no_input_makes_a_series_of_metrics(live: Live) -> None:
    # Given all kinds of events and rubbish, of many users
    people = People()
    with ended(live.start()) as worker:
        await worker.ready()
        await send_all(live, people)
        await live.send([event for n in range(500) for event in people.burst(f"user-{n}")])
        await live.has_drained()
        text = worker.get("/metrics") or ""

    # Then labels have values of topics, rules and outcomes, and no others
    allowed = {
        "topic": set(live.names.values()),
        "partition": set(map(str, range(live.partitions))),
        "reason": set(map(str, Reason)),
        "outcome": {*map(str, Outcome), *map(str, CommitOutcome), "too_late", "refused", "unchanged"},
        "rule_id": {path.stem for path in CATALOGUE.glob("*.yaml")},
        "severity": set(map(str, Severity)),
        "mode": set(map(str, Mode)),
    }
    families = [found for found in text_string_to_metric_families(text) if found.name.startswith("detector_")]
    labels = {pair for found in families for sample in found.samples for pair in sample.labels.items()}
    assert {value for name, value in labels if value not in allowed.get(name, {value})} == set()
    assert {name for name, _ in labels} - allowed.keys() <= {"stage", "le", "version", "rule_version"}
    assert leaks(text) == []


def _hostile() -> Iterator[bytes]:
    """Values of the greatest size that are much work to read, or make much of little."""
    size = 64 * 1024
    yield b"[" * size
    yield b'{"a":' * (size // 5)
    yield b"[" * (size // 2) + b"]" * (size // 2)
    yield b'{"a":' + b"9" * (size - 6) + b"}"
    yield b"{" + b",".join(b'"%d":0' % n for n in range(6_000)) + b"}"
    yield b"[" + b",".join([b"[]"] * (size // 3 - 1)) + b"]"
    yield b'"' + b"\\u0000" * (size // 6 - 1) + b'"'
    yield b'{"type":"debit","event_id":"' + b"\\ud83d\\ude00" * 5_000 + b'"}'
    yield b"\xef\xbb\xbf" + b" " * (size - 3)


@pytest.mark.parametrize("value", list(_hostile()), ids=lambda value: f"{value[:8]!r}")
def test_a_hostile_value_is_refused_for_little_memory(value: bytes) -> None:
    tracemalloc.start()
    try:
        assert isinstance(decode(value), Refusal)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000


IDS = ["event_id", "user_id"]
TEXTS = ["device_id", "ip", "city", "channel", "currency", "merchant_id", "card_id"]


def _with_text(field: str, text: str) -> Event | Refusal:
    return decode(json.dumps(debit("e1", "u1", "m1", 1) | {field: text}).encode())


@pytest.mark.parametrize("field", IDS)
def test_an_id_of_an_event_or_a_user_that_is_too_long_is_refused(field: str) -> None:
    assert isinstance(_with_text(field, "张" * 256), Event)
    refused = _with_text(field, "张" * 257)
    assert isinstance(refused, Refusal)
    assert refused.message == f"Expected `str` of length <= 256 - at `$.{field}`"


@pytest.mark.parametrize("field", TEXTS)
def test_a_text_that_is_too_long_is_cut_and_takes_no_event_out_of_sight(field: str) -> None:
    def kept(text: str) -> str:
        found: str = getattr(_with_text(field, text), field)
        return found

    assert kept("张" * 256) == "张" * 256
    assert len(kept("张" * 257)) == 256
    assert kept("张" * 257) == kept("张" * 257)
    assert kept("张" * 257) != kept("张" * 258)


def test_what_else_is_wrong_with_an_event_of_a_long_text_is_said() -> None:
    event = debit("e1", "u1", "m1", 1) | {"device_id": "d" * 300, "amount": -1}
    refused = decode(json.dumps(event).encode())
    assert isinstance(refused, Refusal)
    assert refused.message == "Expected `int` >= 0 - at `$.amount`"
