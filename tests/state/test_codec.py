"""Histories as stored bytes: whatever is written comes back, however often it is appended to."""

import random

import msgspec
import pytest

from detector.core.events import EVENT_TYPES, FIELDS, FieldKind, decode
from detector.core.folded import Folded
from detector.core.history import AlertRecord, Entry, History, Source
from detector.core.rule import Severity
from detector.state.codec import Codec
from detector.state.errors import CorruptStateError, StateError

TOPICS = ("payments", "logins", "complaints")
KEY = "用户-1"
PARTITION = 7
TIME = 1_767_225_600_000


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
    """The bytes and count of items after these appends."""
    data, count = b"", 0
    for items in appends:
        more, count = codec.encode(items, count)
        data += more
    return data, count


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
    assert type(history.entries[0].event).__mro__[1] is EVENT_TYPES[kind]
    assert history.stored == count


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
    assert history.stored == count


@pytest.mark.parametrize("number", [1, 7, 8, 15, 16, 32_767, 32_768])
def test_an_append_of_any_length_can_be_read(codec, number):
    # MessagePack writes the length of an array in 1, 3 or 5 bytes: from 16 and from 65,536 items on
    entries = [Entry(event_of("password_reset", n, optional=False), None) for n in range(number)]
    for kept in (entries, [*entries, record()]):
        data, count = stored(codec, kept, [Folded((0, ""), {}, {})])
        history = codec.decode(data, PARTITION, KEY)
        assert (len(history), len(history.alerts)) == (number, len(kept) - number)
        assert history.stored == count == 2 * number + len(kept) - number + 3


def test_bytes_that_are_appended_leave_those_before_as_they_were(codec):
    first, count = codec.encode([Entry(event_of("login"), None)], 0)
    history = codec.decode(first, PARTITION, KEY)
    assert (len(history), history.stored) == (1, count)
    second, _ = codec.encode([Entry(event_of("login", 1), None)], history.stored)
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
    Entry(event_of("complaint", 2, optional=False), None),
    record(),
    Folded((TIME, "e0"), {}, {}),
]
GOLDEN_BYTES = (
    "cd031adc001100a26531cf0000019b76daa801a12dcf001fffffffffffffac63757272656e63792de580bcaf6d"
    "65726368616e745f69642de580bca36f7470a16bc0c0c0c0c0c0c0a65869616d656e00970ea26532cf0000019b"
    "76daa802a12db0636f6d706c61696e745f69642de580bcaf6d65726368616e745f69642de580bca97769746864"
    "7261776ece000000059a64a172d920303030303030303030303030303030303030303030303030303030303030"
    "3030d9206363636363636363636363636363636363636363636363636363636363636363a8637269746963616c"
    "92cf0000019b76daa800a2653192cf0000019b76daa7fba2653003c2cf0000019b76daa809946592cf0000019b"
    "76daa800a265308080ce00000008"
)


def test_the_stored_form_never_changes(codec):
    assert stored(codec, GOLDEN[:2], GOLDEN[2:])[0].hex() == GOLDEN_BYTES


def test_what_an_earlier_release_stored_is_read(codec):
    history = codec.decode(bytes.fromhex(GOLDEN_BYTES), PARTITION, KEY)
    assert told(history) == [plain(GOLDEN[3]), plain(GOLDEN[0]), plain(GOLDEN[1]), plain(GOLDEN[2])]
    assert history.stored == 8


def test_the_numbers_of_the_types_never_change(codec):
    tags = {}
    for kind in EVENT_TYPES:
        data, _ = stored(codec, [Entry(event_of(kind, optional=False), None)])
        tags[kind] = data[2]
    assert tags == {
        "debit": 0,
        "transfer": 1,
        "instalment": 2,
        "refund": 3,
        "login": 4,
        "face_verification": 5,
        "remote_session_started": 6,
        "remote_session_ended": 7,
        "sms_sync_enabled": 8,
        "password_reset": 9,
        "device_bound": 10,
        "device_reported_lost": 11,
        "agreement_activated": 12,
        "credit_limit_raised": 13,
        "complaint": 14,
    }


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
    data, _ = stored(codec, GOLDEN[:2], GOLDEN[2:])
    whole = {len(data), len(stored(codec, GOLDEN[:2])[0])}
    for length in range(len(data)):
        if length not in whole:
            with pytest.raises(CorruptStateError):
                codec.decode(data[:length], PARTITION, KEY)


def test_a_lost_append_is_corrupt(codec):
    first, count = codec.encode(GOLDEN[:2], 0)
    _, count = codec.encode(GOLDEN[2:3], count)
    third, _ = codec.encode(GOLDEN[3:], count)
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
    assert (told(history), history.stored) == (told(History()), count)
