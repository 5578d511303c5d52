import json

import pytest

from detector.core.events import (
    EVENT_TYPES,
    FIELDS,
    MAX_VALUE_BYTES,
    Debit,
    Event,
    FieldKind,
    Reason,
    Refusal,
    decode,
    decode_record,
)

NOW = 1_767_225_600_000
MINUTES_10 = 600_000
DEBIT = {
    "type": "debit",
    "event_id": "e1",
    "event_time": NOW,
    "user_id": "u1",
    "amount": 900,
    "currency": "CNY",
    "merchant_id": "m1",
    "auth_method": "none",
}
SECRET = "hush-6222"


def debit(**fields):
    return json.dumps(DEBIT | fields).encode()


LONG = debit(device_id="d" * 300)


def without(name):
    return json.dumps({field: value for field, value in DEBIT.items() if field != name}).encode()


def with_number(name, digits):
    """A debit with a number written out, which Python's json would not write."""
    return debit(**{name: "HERE"}).replace(b'"HERE"', digits.encode())


def refused(value):
    found = decode(value)
    assert isinstance(found, Refusal), found
    return found


REFUSALS = [
    ("a null value", None, Reason.NULL_VALUE, "null"),
    ("nothing", b"", Reason.NOT_JSON, "not JSON"),
    ("half an object", debit()[:-1], Reason.NOT_JSON, "not JSON"),
    ("two objects", debit() + debit(), Reason.NOT_JSON, "not JSON"),
    ("no UTF-8 in a known field", debit(city="X").replace(b'"X"', b'"\xff"'), Reason.NOT_JSON, "not JSON"),
    ("half a surrogate pair", debit(city="X").replace(b'"X"', b'"\\ud800"'), Reason.NOT_JSON, "not JSON"),
    ("brackets without end", b"[" * 60_000, Reason.NOT_JSON, "not JSON"),
    ("deep nesting", b"[" * 30_000 + b"]" * 30_000, Reason.NOT_JSON, "not JSON"),
    ("no JSON behind a long text", LONG[:-1], Reason.NOT_JSON, "not JSON"),
    ("no UTF-8 behind a long text", LONG[:-1] + b', "ip": "\xff"}', Reason.NOT_JSON, "not JSON"),
    (
        "deep nesting behind a long text",
        LONG[:-1] + b', "x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        Reason.NOT_JSON,
        "not JSON",
    ),
    ("an array", b"[1]", Reason.NOT_OBJECT, "an array"),
    ("a string", json.dumps(SECRET).encode(), Reason.NOT_OBJECT, "a string"),
    ("a number", b"1.5", Reason.NOT_OBJECT, "a number"),
    ("a boolean", b"true", Reason.NOT_OBJECT, "a boolean"),
    ("the JSON null", b"null", Reason.NOT_OBJECT, "null"),
    ("an unknown type", debit(type=SECRET), Reason.UNKNOWN_TYPE, "`type`"),
    ("no type", without("type"), Reason.BAD_FIELD, "`type`"),
    ("a type that is no string", debit(type=[SECRET]), Reason.BAD_FIELD, "$.type"),
    ("a missing field", without("amount"), Reason.BAD_FIELD, "`amount`"),
    ("a null where a value is needed", debit(amount=None), Reason.BAD_FIELD, "$.amount"),
    ("a number as text", debit(amount="900"), Reason.BAD_FIELD, "$.amount"),
    ("a truth value as a number", debit(amount=True), Reason.BAD_FIELD, "$.amount"),
    ("a broken amount", with_number("amount", "9.0"), Reason.BAD_FIELD, "$.amount"),
    ("a negative amount", debit(amount=-1), Reason.BAD_FIELD, "$.amount"),
    ("an amount that others cannot read exactly", debit(amount=2**53), Reason.BAD_FIELD, "$.amount"),
    ("an enormous amount", with_number("amount", "9" * 400), Reason.BAD_FIELD, "$.amount"),
    ("a time that is no whole number", with_number("event_time", "1.5"), Reason.BAD_FIELD, "$.event_time"),
    ("a time before 1970", debit(event_time=-1), Reason.BAD_FIELD, "$.event_time"),
    ("an empty event_id", debit(event_id=""), Reason.BAD_FIELD, "$.event_id"),
    ("an empty user_id", debit(user_id=""), Reason.BAD_FIELD, "$.user_id"),
    ("a user_id that is a number", debit(user_id=7), Reason.BAD_FIELD, "$.user_id"),
    ("a word that is not among the allowed", debit(auth_method=SECRET), Reason.BAD_FIELD, "$.auth_method"),
    (
        "one with what looks like a place in it",
        debit(user_tier=f"{SECRET} - at `$.x`\n"),
        Reason.BAD_FIELD,
        "$.user_tier",
    ),
    ("a truth value that is a number", debit(terminal_certified=1), Reason.BAD_FIELD, "$.terminal_certified"),
]


@pytest.mark.parametrize(("value", "reason", "said"), [pytest.param(*row[1:], id=row[0]) for row in REFUSALS])
def test_what_is_no_event_is_refused(value, reason, said):
    refusal = refused(value)
    assert refusal.reason is reason
    assert said in refusal.message
    assert SECRET not in refusal.message
    assert "\n" not in refusal.message


def test_every_reason_is_one_that_the_tests_know():
    covered = {row[2] for row in REFUSALS}
    elsewhere = {Reason.TOO_LARGE, Reason.KEY_MISMATCH, Reason.EVENT_TIME_IN_FUTURE, Reason.TOO_LATE}
    assert covered | elsewhere == set(Reason)


@pytest.mark.parametrize("name", sorted({name for fields in FIELDS.values() for name in fields}))
@pytest.mark.parametrize("value", [SECRET, [SECRET], {SECRET: SECRET}])
def test_no_refusal_quotes_a_value(name, value):
    for kind, fields in FIELDS.items():
        if name in fields:
            found = decode(json.dumps(DEBIT | {"type": kind, name: value}).encode())
            assert isinstance(found, Event) or SECRET not in found.message


def test_a_value_of_exactly_64_kib_is_read_and_one_byte_more_is_not():
    exact = debit(note="x" * (MAX_VALUE_BYTES - len(debit(note=""))))
    assert len(exact) == 64 * 1024
    assert isinstance(decode(exact), Debit)
    assert refused(exact + b" ").reason is Reason.TOO_LARGE


def test_an_optional_field_that_is_null_is_absent():
    assert decode(debit(card_id=None, user_tier=None, city=None)) == decode(debit())


@pytest.mark.parametrize(
    "extra",
    [SECRET, None, [1, {"a": []}], {"type": "login"}, 10**30],
    ids=["text", "null", "list", "map", "huge"],
)
def test_unknown_fields_are_kept_out_of_the_way(extra):
    assert decode(debit(note=extra)) == decode(debit())


def test_the_largest_amount_is_read_as_it_is():
    found = decode(debit(amount=2**53 - 1))
    assert isinstance(found, Debit)
    assert found.amount == 9_007_199_254_740_991


def test_every_type_knows_itself():
    for name, cls in EVENT_TYPES.items():
        assert cls.type == name
        assert list(FIELDS[name])[:3] == ["event_id", "event_time", "user_id"]


def test_fields_tell_their_kind_choices_and_whether_they_can_be_absent():
    fields = FIELDS["debit"]
    assert fields["amount"].kind is FieldKind.NUMBER
    assert not fields["amount"].optional
    assert fields["terminal_certified"].kind is FieldKind.BOOLEAN
    assert fields["card_id"] == FIELDS["transfer"]["card_id"]
    assert fields["card_id"].optional
    assert fields["merchant_tier"].choices == ("A", "B", "C")
    assert fields["merchant_tier"].kind is FieldKind.STRING
    assert fields["auth_method"].choices == ("none", "password", "face", "fingerprint", "otp")


# A record of Kafka: its key and its timestamp


@pytest.mark.parametrize("key", [None, b"", b"u", b"u1 ", b"\xff", b"u2"])
def test_a_record_whose_key_is_not_the_user_id_is_refused(key):
    found = decode_record(key, debit(), NOW)
    assert isinstance(found, Refusal)
    assert found.reason is Reason.KEY_MISMATCH
    assert "u1" not in found.message


def test_the_key_is_compared_as_utf_8():
    value = debit(user_id="用户")
    assert isinstance(decode_record("用户".encode(), value, NOW), Debit)


def test_an_event_exactly_ten_minutes_ahead_of_its_record_is_read():
    assert isinstance(decode_record(b"u1", debit(event_time=NOW + MINUTES_10), NOW), Debit)


def test_one_millisecond_more_is_refused_and_says_how_far_ahead_it_is():
    found = decode_record(b"u1", debit(event_time=NOW + MINUTES_10 + 1), NOW)
    assert found == Refusal(
        Reason.EVENT_TIME_IN_FUTURE, "event_time is 600 s ahead of the record's timestamp"
    )


def test_what_is_no_event_is_refused_before_its_key_is_looked_at():
    found = decode_record(b"other", b"[]", NOW)
    assert isinstance(found, Refusal)
    assert found.reason is Reason.NOT_OBJECT
