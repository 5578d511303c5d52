"""The same events shorter, with fields left out that a sender need not send, and longer, with more text."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import msgspec

from bench.traffic import Record, mean_bytes
from detector.simulate import encode

_LEFT_OUT = frozenset(
    {"user_tier", "ip", "city", "country", "channel", "card_id", "terminal_id", "method", "purpose"}
)
"""What few rules look at, or none; a platform may keep tiers in lists."""
_UNKNOWN_FIELD = "remark"
_TEXT = "Paid at the counter, the customer asked for a receipt and came back for the umbrella. "


class EventSize(IntEnum):
    """About how many bytes an event has on average; USUAL leaves events as the simulator makes them."""

    SMALL = 200
    USUAL = 270
    LARGE = 1_024


def resized(records: Sequence[Record], size: EventSize) -> list[Record]:
    """The records with events of that size on average."""
    if size is EventSize.SMALL:
        return [_without_optional(record) for record in records]
    if size is EventSize.LARGE:
        lacking = round(size - mean_bytes(records))
        return [_with_text(record, lacking) for record in records]
    return list(records)


def _without_optional(record: Record) -> Record:
    fields = msgspec.json.decode(record.value)
    return record._replace(value=encode({name: fields[name] for name in fields if name not in _LEFT_OUT}))


def _with_text(record: Record, lacking: int) -> Record:
    """The event with a field that the detector does not know, so many bytes in all."""
    length = lacking - len(f'"{_UNKNOWN_FIELD}":"",')
    text = (_TEXT * (length // len(_TEXT) + 1))[:length]
    return record._replace(value=encode({**msgspec.json.decode(record.value), _UNKNOWN_FIELD: text}))
