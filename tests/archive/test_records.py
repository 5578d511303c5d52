"""What counts as an alert, and what PostgreSQL is given of it."""

import json

import pytest

from detector.archive.records import read_record
from tests.archive.given import alert, encoded, record, withdrawal


def test_an_alert_is_passed_on_as_it_came() -> None:
    value = encoded(alert())

    read = read_record(record(value, offset=7))

    assert read is not None
    assert read.value == value.decode()
    assert (read.place, read.is_withdrawal) == ("fraud.alerts partition 3 offset 7", False)


def test_a_withdrawal_is_told_apart() -> None:
    read = read_record(record(encoded(withdrawal(alert(), 2))))

    assert read is not None
    assert read.is_withdrawal


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"not json",
        b"[]",
        b"{}",
        encoded({**alert(), "status": "raised again"}),
        encoded({**alert(), "revision": "1"}),
        encoded(alert())[:-1],
        encoded(alert("?")).replace(b'"?"', b'"\xff"'),
        encoded(alert()).replace(
            b'"measures":{', b'"measures":{"deep":' + b"[" * 5_000 + b"]" * 5_000 + b","
        ),
    ],
)
def test_what_is_no_alert_is_no_error(value: bytes | None) -> None:
    assert read_record(record(value)) is None


@pytest.mark.parametrize(
    "text",
    ["\0", "a\0b", "\0\0", "\\\0", "\\\\\0", "\\u0000", "\\\\u0000", "\\\0\\u0000\0"],
)
def test_a_nul_becomes_a_replacement_character_and_nothing_else_changes(text: str) -> None:
    read = read_record(record(encoded(alert(entity={"user_id": text}))))

    assert read is not None
    assert json.loads(read.value)["entity"] == {"user_id": text.replace("\0", "\ufffd")}


def test_what_is_not_utf_8_in_a_field_that_nobody_knows_does_no_harm() -> None:
    value = encoded(alert(unknown="?")).replace(b'"?"', b'"\xff"')

    read = read_record(record(value))

    assert read is not None
    assert json.loads(read.value)["unknown"] == "\ufffd"
