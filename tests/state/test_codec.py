"""Histories as stored bytes: whatever is written comes back, however often it is appended to."""

import random

import msgspec
import pytest

from detector.core.alert_record import AlertRecord
from detector.core.events import EVENT_TYPES, FIELDS, FieldKind, decode
from detector.core.folded import Folded
from detector.core.history import Entry, History, Source
from detector.core.rule import Severity
from detector.simulate import Traffic, encode, simulate
from detector.state.codec import Codec, Tail
from detector.state.errors import CorruptStateError, StateError
from detector.state.stored_events import TYPE_TAGS, WORDS
from detector.state.stored_records import RECORD_TAG, StoredRecord, stored_record

TOPICS = ("payments", "logins", "complaints")
KEY = "用户-1"
PARTITION = 7
TIME = 1_767_225_600_000
UUID = "0a1b2c3d-1234-5678-9abc-def012345678"


def value_of(name, field):
    if field.choices:
        return field.choices[-1]
    return {FieldKind.NUMBER: 2**53 - 1, FieldKind.BOOLEAN: False, FieldKind.STRING: f"{name}-值"}[field.kind]


def event_of(kind, number=0, optional=True, **given):
    """An event with all of its optional fields or none."""
    fields = {
        name: value_of(name, field) for name, field in FIELDS[kind].items() if optional or not field.optional
    }
    fixed = {"type": kind, "event_id": f"e{number}", "event_time": TIME + number, "user_id": KEY}
    return decode(msgspec.json.encode(fields | fixed | given))


def record(number=0, **changed):
    known = AlertRecord(
        rule_id="r",
        alert_id=f"{number:032x}",
        case_id="c" * 32,
        severity=Severity.CRITICAL,
        anchor=(TIME, "e1"),
        first=(TIME - 5, "e0"),
        revision=3,
        standing=False,
        until=TIME + 9,
    )
    return msgspec.structs.replace(known, **changed)


def plain(item):
    """What an item holds, whatever class it came back as."""
    if isinstance(item, Entry):
        return item.event.type, msgspec.structs.asdict(item.event), item.source
    return msgspec.structs.asdict(item)


def told(history):
    return list(map(plain, history.contents()))


def stored(codec, *appends):
    """The bytes after these appends, and how many items they are."""
    tail = Tail()
    return b"".join(codec.encode(items, tail) for items in appends), tail.items


@pytest.fixture
def codec():
    return Codec(TOPICS, "user_id")


@pytest.mark.parametrize("optional", [True, False], ids=["all optional fields", "none"])
@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_type_of_event_comes_back_as_it_was(codec, kind, optional):
    entry = Entry(event_of(kind, optional=optional), Source("logins", PARTITION, 2**40))
    data, count = stored(codec, [entry])
    history = codec.decode(data, PARTITION, KEY)
    assert told(history) == [plain(entry)]
    assert type(history.entries[0].event) is EVENT_TYPES[kind]
    assert history.stored.items == count


def test_an_absent_field_between_two_that_are_there_stays_absent(codec):
    entry = Entry(event_of("debit", optional=False, channel="app", agreement_id="a1"), None)
    history = codec.decode(stored(codec, [entry])[0], PARTITION, KEY)
    assert told(history) == [plain(entry)]


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("offset", [0, 1, 127, 2**31, 2**53])
def test_the_source_of_an_event_comes_back(codec, topic, offset):
    entry = Entry(event_of("login"), Source(topic, PARTITION, offset))
    history = codec.decode(stored(codec, [entry])[0], PARTITION, KEY)
    assert history.entries[0].source == entry.source


def test_an_event_without_a_source_does_not_take_that_of_the_event_before(codec):
    entries = [Entry(event_of("login", 1), Source("logins", PARTITION, 5)), Entry(event_of("login", 2), None)]
    history = codec.decode(stored(codec, entries)[0], PARTITION, KEY)
    assert [entry.source for entry in history.entries] == [entries[0].source, None]


def test_sources_in_other_partitions_come_back():
    topics = [f"t{number}" for number in range(8)]
    codec = Codec(topics, "merchant_id", spread=12)
    rng = random.Random(1)
    sources = [Source(rng.choice(topics), rng.randrange(12), rng.randrange(2**40)) for _ in range(50)]
    entries = [Entry(event_of("debit", number), source) for number, source in enumerate(sources)]
    history = codec.decode(stored(codec, *[[entry] for entry in entries])[0], PARTITION, "merchant_id-值")
    assert [entry.source for entry in history.entries] == sources


# Event ids: what one begins with like the one before is left out

IDS = {
    "numbered": [f"0d1f-{number:010}" for number in (1, 2, 99_999_999, 100_000_000, 9_999_999_999)],
    "a UUID": [UUID, UUID.replace("0", "f"), "e1", UUID],
    "nearly a UUID": [UUID.upper(), f"{UUID[:-1]}\n", UUID.replace("-", "_"), "0" * 36, f"{UUID}0"],
    "short": ["e", "12345678", "1234567", "00000000", "e" * 9, "e"],
    "one that is how others begin": ["x" * 16, "x" * 8, "x" * 16, "x" * 24, "x" * 15, "x" * 8],
    "not ASCII": [
        "事件-12345678",
        "\u4e8b\u4ef6-\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
        "事件-事件事件事件事件",
        "事件-",
        "é" * 8,
        "é" * 16,
    ],
    "of unlike lengths": ["abc-12345678", "abc-1234567", "abc-123456789", "abc-", "abc-00000000"],
}


@pytest.mark.parametrize("ids", IDS.values(), ids=IDS.keys())
def test_event_ids_of_any_form_come_back(codec, ids):
    entries = [Entry(event_of("login", number, event_id=one), None) for number, one in enumerate(ids)]
    history = codec.decode(stored(codec, *[[entry] for entry in entries])[0], PARTITION, KEY)
    assert history.ids == ids


def test_event_ids_made_of_pieces_of_each_other_come_back(codec):
    rng = random.Random(1)
    pieces = ["", "-", "12345678", "00000000", "abcdefgh", "é", UUID, UUID[:8], UUID[8:]]
    ids = ["".join(rng.choices(pieces, k=3)) or "e" for _ in range(3_000)]
    entries = [Entry(event_of("login", number, event_id=one), None) for number, one in enumerate(ids)]
    history = codec.decode(stored(codec, *[[entry] for entry in entries])[0], PARTITION, KEY)
    assert history.ids == ids


# What an event has like the one before, and words that are known


def test_what_stays_the_same_is_stored_once(codec):
    same = {"device_id": "the-phone", "card_id": "the-card", "ip": "the-address", "city": "the-city"}
    entries = [Entry(event_of("debit", number, **same), None) for number in range(5)]
    data = stored(codec, *[[entry] for entry in entries])[0]
    assert {name: data.count(value.encode()) for name, value in same.items()} == dict.fromkeys(same, 1)


@pytest.mark.parametrize("scope", ["user_id", "merchant_id"])
@pytest.mark.parametrize("piece", [1, 7, 1_000])
def test_texts_come_back_however_they_change(scope, piece):
    codec = Codec(TOPICS, scope)
    rng = random.Random(piece)
    values = [None, "", "none", "CNY", "app", "值", "0"]
    entries = []
    for number in range(1_000):
        kind = rng.choice([kind for kind in EVENT_TYPES if scope in FIELDS[kind]])
        open_texts = [
            (name, field)
            for name, field in FIELDS[kind].items()
            if field.kind is FieldKind.STRING and not field.choices and name not in ("event_id", scope)
        ]
        given = {name: rng.choice(values if field.optional else values[2:]) for name, field in open_texts}
        entries.append(Entry(event_of(kind, number, **({scope: KEY} | given)), None))
    appends = [entries[at : at + piece] for at in range(0, len(entries), piece)]
    history = codec.decode(stored(codec, *appends)[0], PARTITION, KEY)
    assert told(history) == list(map(plain, entries))


def test_what_was_restored_is_appended_to_like_what_was_never_let_go_of(codec):
    rng = random.Random(1)
    tail, data = Tail(), b""
    for number in range(300):
        fields = {name: f"{name}-{rng.randrange(3)}" for name in ("device_id", "ip", "city", "card_id")}
        entry = Entry(event_of("debit", number, **fields), Source(rng.choice(TOPICS), PARTITION, number))
        restored = codec.decode(data, PARTITION, KEY).stored if data else Tail()
        more = codec.encode([entry], tail)
        assert codec.encode([entry], restored) == more
        data += more


def test_a_simulated_event_costs_few_bytes(codec):
    offsets = dict.fromkeys(TOPICS, 10**9)
    tails, size = {}, 0
    traffic = Traffic(users=100, events=1_000, seed=1, fraud=0.02)
    for simulated in simulate(traffic):
        offsets[simulated.topic] += 1
        source = Source(simulated.topic, PARTITION, offsets[simulated.topic])
        event = decode(encode(simulated.event))
        size += len(codec.encode([Entry(event, source)], tails.setdefault(event.user_id, Tail())))
    assert size / traffic.events < 60


# What stands between the events, and how all of it is appended


def test_alert_records_and_the_floor_come_back_and_the_latest_of_each_counts(codec):
    floors = Folded((5, "a"), {}, {}), Folded((6, "b"), {}, {})
    items = [record(1), floors[0], record(2), record(1, revision=4, standing=True), floors[1]]
    history = codec.decode(stored(codec, items)[0], PARTITION, KEY)
    assert history.folded.floor == (6, "b")
    assert list(map(plain, history.alerts.values())) == [plain(items[3]), plain(items[2])]
    assert history.unsaved == []


def test_a_record_that_came_back_can_be_changed_and_written_again(codec):
    history = codec.decode(stored(codec, [record()])[0], PARTITION, KEY)
    (restored,) = history.alerts.values()
    restored.revision += 1
    again = codec.decode(stored(codec, [restored])[0], PARTITION, KEY)
    assert [found.revision for found in again.alerts.values()] == [4]


def test_what_came_back_can_be_written_again_to_the_same_bytes(codec):
    entries = [
        Entry(event_of(kind, n), Source("payments", PARTITION, n)) for n, kind in enumerate(EVENT_TYPES)
    ]
    data, _ = stored(codec, [Folded((1, "a"), {}, {}), *entries, record()])
    history = codec.decode(data, PARTITION, KEY)
    assert stored(codec, history.contents())[0] == data


@pytest.mark.parametrize("seed", range(20))
def test_appending_in_any_pieces_stores_the_same_history_as_one_go(codec, seed):
    rng = random.Random(seed)
    items = [
        Entry(event_of(rng.choice(list(EVENT_TYPES)), number), Source(rng.choice(TOPICS), PARTITION, number))
        for number in range(30)
    ]
    items += [record(number) for number in range(5)] + [Folded((9, "a"), {}, {})]
    rng.shuffle(items)
    cuts = sorted(rng.choices(range(len(items) + 1), k=6))
    pieces = [items[low:high] for low, high in zip([0, *cuts], [*cuts, len(items)], strict=True)]
    data, count = stored(codec, *pieces)
    history = codec.decode(data, PARTITION, KEY)
    at_once = codec.decode(stored(codec, items)[0], PARTITION, KEY)
    assert told(history) == told(at_once)
    assert history.stored.items == count


@pytest.mark.parametrize("number", [1, 14, 65_534])
def test_an_append_of_any_length_can_be_read(codec, number):
    # MessagePack writes the length of an array in 1, 3 or 5 bytes: from 16 and from 65,536 items on.
    entries = [Entry(event_of("password_reset", n, optional=False), None) for n in range(number)]
    for kept in (entries, [*entries, record()]):
        data, count = stored(codec, kept, [Folded((0, ""), {}, {})])
        history = codec.decode(data, PARTITION, KEY)
        assert (len(history), len(history.alerts)) == (number, len(kept) - number)
        assert history.stored.items == count == len(kept) + 3


def test_bytes_that_are_appended_leave_those_before_as_they_were(codec):
    first, count = stored(codec, [Entry(event_of("login"), None)])
    history = codec.decode(first, PARTITION, KEY)
    assert (len(history), history.stored.items) == (1, count)
    second = codec.encode([Entry(event_of("login", 1), None)], history.stored)
    assert len(codec.decode(first + second, PARTITION, KEY)) == 2


def test_the_events_of_a_merchant_keep_their_users_and_take_the_merchant_from_the_key():
    codec = Codec(TOPICS, "merchant_id")
    entry = Entry(event_of("refund", merchant_id="m-9"), None)
    data, _ = stored(codec, [entry])
    history = codec.decode(data, PARTITION, "m-9")
    assert told(history) == [plain(entry)]
    assert b"m-9" not in data


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize(("partition", "offset"), [(0, 0), (11, 0), (0, 2**31), (11, 2**53)])
def test_the_events_of_a_merchant_were_read_in_any_partition(topic, partition, offset):
    codec = Codec(TOPICS, "merchant_id", spread=12)
    entry = Entry(event_of("refund", merchant_id="m-9"), Source(topic, partition, offset))
    history = codec.decode(stored(codec, [entry])[0], PARTITION, "m-9")
    assert history.entries[0].source == entry.source


def test_the_key_is_not_stored_with_every_event(codec):
    assert KEY.encode() not in stored(codec, [Entry(event_of("debit"), None)])[0]


# What must never change: histories that were stored by an earlier release


GOLDEN = [
    Entry(event_of("debit", 1, optional=False, city="Xiamen", card_id="k"), Source("logins", PARTITION, 99)),
    Entry(event_of("complaint", 2, optional=False, event_id=UUID), None),
    Entry(event_of("debit", 3, event_id="order-000001234", channel="app"), Source("logins", PARTITION, 107)),
    record(in_shadow=True),
    Folded((TIME, "e0"), {}, {}),
]
GOLDEN_BYTES = (
    "dc001000a26531cf0000019b76daa8010263cf001fffffffffffffac63757272656e63792de580bcaf6d657263"
    "68616e745f69642de580bc04c0c0c0a65869616d656ec0c0a16b980ec4100a1b2c3d123456789abcdef0123456"
    "78010000b0636f6d706c61696e745f69642de580bcaf6d65726368616e745f69642de580bc129266a76f726465"
    "722d30dc001400a8303030303132333401026bcf001fffffffffffffac63757272656e63792de580bcaf6d6572"
    "6368616e745f69642de580bc04ad6465766963655f69642de580bc1907a8636974792de580bcab636f756e7472"
    "792de580bca669702de580bcab636172645f69642de580bcb061677265656d656e745f69642de580bc0aaf7465"
    "726d696e616c5f69642de580bcc2ce000100059b64a172c41000000000000000000000000000000000c410cccc"
    "cccccccccccccccccccccccccccca8637269746963616c92cf0000019b76daa800a2653192cf0000019b76daa7"
    "fba2653003c2cf0000019b76daa809c3946592cf0000019b76daa800a265308080ce00010008"
)
BEFORE_SHADOW_WAS_TOLD = GOLDEN_BYTES.replace("9b64a172", "9a64a172").replace("a809c3", "a809")
RECORD_BEFORE = msgspec.defstruct(
    "StoredRecord",
    [(item.name, item.type) for item in msgspec.structs.fields(StoredRecord) if item.name != "in_shadow"],
    array_like=True,
    tag=RECORD_TAG,
)


def test_the_stored_form_never_changes(codec):
    assert stored(codec, GOLDEN[:3], GOLDEN[3:])[0].hex() == GOLDEN_BYTES


def test_what_an_earlier_release_stored_is_read(codec):
    for stored_bytes, in_shadow in ((GOLDEN_BYTES, True), (BEFORE_SHADOW_WAS_TOLD, False)):
        history = codec.decode(bytes.fromhex(stored_bytes), PARTITION, KEY)
        items = [GOLDEN[4], *GOLDEN[:3], record(in_shadow=in_shadow)]
        assert told(history) == list(map(plain, items))


def test_an_earlier_release_reads_what_is_stored_of_alerts():
    encoded = msgspec.msgpack.encode(stored_record(record(in_shadow=True)))
    read = msgspec.msgpack.decode(encoded, type=RECORD_BEFORE)
    assert (read.revision, read.until) == (3, TIME + 9)


def test_the_numbers_of_types_and_words_never_change():
    types = "debit transfer instalment refund login face_verification remote_session_started"
    types += " remote_session_ended sms_sync_enabled password_reset device_bound device_reported_lost"
    types += " agreement_activated credit_limit_raised complaint"
    assert list(TYPE_TAGS.items()) == [(name, number) for number, name in enumerate(types.split())]
    words = "none password face fingerprint otp standard elderly minor A B C passed failed explicit default"
    words += " opened upheld rejected withdrawn CNY HKD USD EUR CN HK app web mini_program h5 pos atm"
    words += " login limit profile instalment sms"
    assert list(WORDS) == words.split()


def test_every_value_that_a_field_is_limited_to_can_be_stored(codec):
    limited = [
        (kind, name, value)
        for kind, fields in FIELDS.items()
        for name, field in fields.items()
        for value in field.choices
    ]
    assert len(limited) > 50
    for kind, name, value in limited:
        entry = Entry(event_of(kind, optional=False, **{name: value}), None)
        assert told(codec.decode(stored(codec, [entry])[0], PARTITION, KEY)) == [plain(entry)]


# Bytes that are no history

CORRUPT = {
    "nothing": b"",
    "too short for a count": b"\x00\x01",
    "only a count": b"\xce\xff\xff\xff\xff",
    "no MessagePack": b"\xc1" * 20,
    "text": b"hello, world, this is not a history",
    "a map": msgspec.msgpack.encode({"a": 1}) + b"\xce\x00\x00\x00\x02",
    "an unknown type": msgspec.msgpack.encode([77, "e", 1]) + b"\xce\x00\x00\x00\x02",
}


@pytest.mark.parametrize("data", CORRUPT.values(), ids=CORRUPT.keys())
def test_bytes_that_are_no_history_are_corrupt_and_say_of_which_partition(codec, data):
    with pytest.raises(CorruptStateError, match="partition 7") as raised:
        codec.decode(data, PARTITION, KEY)
    assert isinstance(raised.value, StateError)
    assert KEY not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_half_an_append_is_corrupt(codec):
    data, _ = stored(codec, GOLDEN[:3], GOLDEN[3:])
    whole = {len(data), len(stored(codec, GOLDEN[:3])[0])}
    for length in range(len(data)):
        if length not in whole:
            with pytest.raises(CorruptStateError):
                codec.decode(data[:length], PARTITION, KEY)


def test_a_lost_append_is_corrupt(codec):
    tail = Tail()
    first, _, third = [codec.encode(items, tail) for items in (GOLDEN[:2], GOLDEN[2:3], GOLDEN[3:])]
    with pytest.raises(CorruptStateError):
        codec.decode(first + third, PARTITION, KEY)


def test_damaged_bytes_are_corrupt_or_read_but_never_fail_otherwise(codec):
    data, _ = stored(codec, GOLDEN)
    rng, refused = random.Random(1), 0
    for _ in range(5_000):
        damaged = bytearray(data)
        damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        try:
            codec.decode(bytes(damaged), PARTITION, KEY)
        except CorruptStateError:
            refused += 1
    assert refused > 1_000


def test_a_source_of_a_topic_that_is_no_longer_read_is_corrupt():
    data, _ = stored(Codec(TOPICS, "user_id"), [Entry(event_of("login"), Source("complaints", PARTITION, 1))])
    with pytest.raises(CorruptStateError):
        Codec(TOPICS[:2], "user_id").decode(data, PARTITION, KEY)


def test_an_event_time_that_no_event_can_have_is_corrupt(codec):
    tail = Tail()
    tail.event_time = 2**53
    data = codec.encode([Entry(event_of("login"), None)], tail)
    with pytest.raises(CorruptStateError):
        codec.decode(data, PARTITION, KEY)


def test_an_event_that_cannot_have_the_key_is_corrupt(codec):
    data, _ = stored(codec, [Entry(event_of("device_bound"), None)])
    with pytest.raises(CorruptStateError):
        Codec(TOPICS, "merchant_id").decode(data, PARTITION, "m1")


def test_more_topics_than_a_source_can_tell_apart_are_refused():
    Codec([f"t{number}" for number in range(8)], "user_id")
    with pytest.raises(ValueError, match="8"):
        Codec([f"t{number}" for number in range(9)], "user_id")


def test_an_empty_history_can_be_stored_and_read(codec):
    data, count = stored(codec, [])
    history = codec.decode(data, PARTITION, KEY)
    assert (told(history), history.stored.items) == (told(History()), count)
