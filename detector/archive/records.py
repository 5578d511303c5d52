"""Records of the alert topics, as far as they hold alerts."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec
from aiokafka import ConsumerRecord

from detector.core.alert import Status
from detector.stream.places import described_place
from detector.stream.tail import read_alert

# In JSON, after an even number of backslashes: else the last of them is what is escaped.
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_REPLACEMENT = r"\1\\ufffd"


class Archivable(NamedTuple):
    """An alert's JSON as PostgreSQL takes it, and where it came from."""

    place: str
    is_withdrawal: bool
    value: str


def place_of(record: ConsumerRecord) -> str:
    """Where a record lies, in words."""
    return described_place(record.topic, record.partition, record.offset)


def read_record(record: ConsumerRecord) -> Archivable | None:
    """The alert that a record holds; None where it holds none.

    PostgreSQL has no NUL in texts: each becomes U+FFFD, so that nobody keeps an alert out of the archive by
    putting one into an id.
    """
    try:
        alert = read_alert(record.value)
    except msgspec.DecodeError:
        return None
    # What is not UTF-8 can only stand where the decoder did not look, and the archive does not either.
    value = _NUL.sub(_REPLACEMENT, record.value.decode(errors="replace"))
    return Archivable(place_of(record), alert.status is Status.WITHDRAWN, value)
