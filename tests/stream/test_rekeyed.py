"""What a record of the internal topic holds comes back as it was, and nothing else is taken for one."""

import msgspec
import pytest
from aiokafka import ConsumerRecord

from detector.core.events import EVENT_TYPES, FIELDS, MAX_VALUE_BYTES, Event, Reason, Refusal, decode
from detector.core.history import Entry, Source
from detector.stream.rekeyed import FORMAT, Rekeyed, recorded_at
from detector.stream.rekeying import Rekeying

from ..core.given import DEFAULTS
from .given import INTERNAL, NOW, TOPICS, TRACE, raw, record

PARTITIONS = 12
WITH_MERCHANT = [name for name in EVENT_TYPES if "merchant_id" in FIELDS[name]]


@pytest.fixture
def rekeying() -> Rekeying:
    return Rekeying(TOPICS, PARTITIONS)


def event(kind: str = "debit", **fields: object) -> Event:
    given = DEFAULTS | {"type": kind, "event_id": "e0", "event_time": NOW} | fields
    found = decode(msgspec.json.encode(given))
    assert not isinstance(found, Refusal), found.message
    return found


def sent(rekeying: Rekeying, found: Event, read: ConsumerRecord, refused: bool = False) -> ConsumerRecord:
    """The record of the internal topic for an event read in a record."""
    entry = Entry(found, Source(read.topic, read.partition, read.offset))
    partition, key = rekeying.address(found.merchant_id)
    return raw(INTERNAL, partition, 0, key, rekeying.encode(entry, read, refused))


def received(rekeying: Rekeying, found: ConsumerRecord) -> Rekeyed:
    rekeyed = rekeying.decode(found)
    assert isinstance(rekeyed, Rekeyed), rekeyed
    return rekeyed


@pytest.mark.parametrize("kind", WITH_MERCHANT)
def test_an_event_of_every_type_with_a_merchant_comes_back_as_it_was(rekeying: Rekeying, kind: str) -> None:
    tier = event(kind, user_tier="elderly", channel="应用", device_id="d1")
    for given in (tier, event(kind)):
        rekeyed = received(rekeying, sent(rekeying, given, record(7)))
        assert rekeyed.event.type == kind
        assert msgspec.structs.asdict(rekeyed.event) == msgspec.structs.asdict(given)


@pytest.mark.parametrize("topic", TOPICS)
def test_it_names_the_record_that_the_platform_wrote(rekeying: Rekeying, topic: str) -> None:
    read = record(2**40, topic=topic, partition=11, headers=[("traceparent", TRACE), ("else", b"x")])
    rekeyed = received(rekeying, sent(rekeying, event(), read))
    assert rekeying.source(rekeyed) == Source(topic, 11, 2**40)
    assert (rekeyed.timestamp, rekeyed.traceparent, rekeyed.original) == (read.timestamp, TRACE, None)


def test_an_event_too_late_for_its_user_has_its_record_with_it_byte_for_byte(rekeying: Rekeying) -> None:
    headers = [("traceparent", TRACE), ("twice", b"\x00\xff"), ("twice", b"")]
    read = record(5, topic="logins", partition=3, headers=headers, value=b'{"as": "it was" }')
    original = rekeying.original(received(rekeying, sent(rekeying, event(), read, refused=True)))
    assert (original.topic, original.partition, original.offset) == ("logins", 3, 5)
    assert (original.key, original.value) == (read.key, read.value)
    assert list(original.headers) == headers


def test_a_record_with_huge_headers_still_fits(rekeying: Rekeying) -> None:
    headers = [("traceparent", b"t" * 500_000), ("big", b"x" * 500_000)]
    found = sent(rekeying, event(), record(5, headers=headers, value=b"x" * MAX_VALUE_BYTES), refused=True)
    assert len(found.value) < 256 * 1024
    rekeyed = received(rekeying, found)
    assert rekeyed.traceparent is None
    assert list(rekeying.original(rekeyed).headers) == [("detector.headers_omitted_bytes", b"1000014")]


def test_a_merchant_lies_in_the_partition_that_kafkas_own_clients_give_it() -> None:
    # As org.apache.kafka.common.utils.Utils.murmur2 has it: these are its own test vectors.
    vectors = {"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536}
    vectors["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"] = -58897971
    for partitions in (1, 12, 64):
        for merchant, hashed in vectors.items():
            expected = (hashed & 0x7FFFFFFF) % partitions
            assert Rekeying(TOPICS, partitions).address(merchant) == (expected, merchant.encode())


def test_the_format_stands() -> None:
    """A change of these bytes is a change of the format: raise it, and read both for one release."""
    full = event(
        "debit", user_tier="minor", ip="10.0.0.1", city="Xiamen", country="CN", channel="app",
        device_id="d1", card_id="k1", agreement_id="a1", merchant_tier="B", terminal_id="t1",
        terminal_certified=True,
    )  # fmt: skip
    found = sent(Rekeying(TOPICS, 12), full, record(9, topic="logins", partition=3))
    assert FORMAT == 1
    assert msgspec.msgpack.decode(found.value) == [
        1, 1, 3, 9, NOW + 9_000,
        [0, "e0", NOW, "u1", 1, "CNY", "m1", "none", "k1", "a1", "B", "t1", True,
         "minor", "d1", "10.0.0.1", "Xiamen", "CN", "app"],
    ]  # fmt: skip
    numbers = {
        kind: msgspec.msgpack.decode(sent(Rekeying(TOPICS, 12), event(kind), record(0)).value)[5][0]
        for kind in WITH_MERCHANT
    }
    assert numbers == {"debit": 0, "instalment": 2, "refund": 3, "agreement_activated": 12, "complaint": 14}
    shapes = {kind: len(EVENT_TYPES[kind].__struct_fields__) for kind in WITH_MERCHANT}
    assert shapes == {
        "debit": 18, "instalment": 14, "refund": 13, "agreement_activated": 13, "complaint": 12,
    }  # fmt: skip


def good() -> list[object]:
    found = sent(Rekeying(TOPICS, PARTITIONS), event(), record(3))
    decoded: list[object] = msgspec.msgpack.decode(found.value)
    return decoded


def changed(at: int, value: object) -> bytes:
    fields = good()
    fields[at] = value
    return msgspec.msgpack.encode(fields)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(None, Reason.NULL_VALUE, id="null"),
        pytest.param(b"", Reason.NOT_JSON, id="nothing"),
        pytest.param(b"\xc1", Reason.NOT_JSON, id="not MessagePack"),
        pytest.param(
            b"\x99" + msgspec.msgpack.encode(good())[1:] + b"\xc0\xc0" + b"\x91" * 100_000,
            Reason.NOT_JSON,
            id="nested too deep",
        ),
        pytest.param(b'{"event_id": "secret"}', Reason.BAD_FIELD, id="JSON"),
        pytest.param(msgspec.msgpack.encode({"event_id": "secret"}), Reason.BAD_FIELD, id="an object"),
        pytest.param(msgspec.msgpack.encode(["secret"]), Reason.BAD_FIELD, id="another array"),
        pytest.param(changed(0, 2), Reason.BAD_FIELD, id="another format"),
        pytest.param(changed(1, 3), Reason.BAD_FIELD, id="no topic of that number"),
        pytest.param(changed(2, PARTITIONS), Reason.BAD_FIELD, id="no such partition"),
        pytest.param(changed(3, -1), Reason.BAD_FIELD, id="no offset"),
        pytest.param(changed(3, 2**53), Reason.BAD_FIELD, id="too large an offset"),
        pytest.param(changed(5, [1, "secret", NOW]), Reason.BAD_FIELD, id="a type without a merchant"),
        pytest.param(
            changed(5, [0, "secret", NOW, "u1", -1, "CNY", "m1", "none"]), Reason.BAD_FIELD, id="value"
        ),
        pytest.param(msgspec.msgpack.encode(good())[:-1], Reason.NOT_JSON, id="cut off"),
    ],
)
def test_what_another_wrote_is_refused_without_quoting_it(
    rekeying: Rekeying, value: bytes | None, reason: Reason
) -> None:
    found = rekeying.decode(raw(INTERNAL, 0, 0, b"m1", value))
    assert isinstance(found, Refusal)
    assert found.reason is reason
    assert "secret" not in found.message


@pytest.mark.parametrize("key", [None, b"m2", b"\xff"])
def test_a_record_under_another_key_is_refused(rekeying: Rekeying, key: bytes | None) -> None:
    found = rekeying.decode(raw(INTERNAL, 0, 0, key, msgspec.msgpack.encode(good())))
    assert isinstance(found, Refusal)
    assert found.reason is Reason.KEY_MISMATCH


def test_its_age_is_that_of_the_platforms_record(rekeying: Rekeying) -> None:
    assert recorded_at(sent(rekeying, event(), record(9))) == NOW + 9_000
    assert recorded_at(raw(INTERNAL, 0, 0, b"m1", b"somebody else's", timestamp=5)) == 5
    assert recorded_at(raw(INTERNAL, 0, 0, b"m1", None, timestamp=5)) == 5
