"""What was said of an alert, as it is stored."""

from __future__ import annotations

import msgspec

from detector.core.alert_record import AlertRecord
from detector.core.events import Position
from detector.core.rule import Severity

RECORD_TAG = 100


class StoredRecord(msgspec.Struct, array_like=True, tag=RECORD_TAG, frozen=True, gc=False):
    """Its ids are the bytes of the hexadecimal ones; `first` is None where it is the anchor.

    What was stored before records knew whether they were said in shadow has no `in_shadow`.
    """

    rule_id: str
    alert_id: bytes
    case_id: bytes
    severity: Severity
    anchor: Position
    first: Position | None
    revision: int
    standing: bool
    until: int
    in_shadow: bool = False


def stored_record(record: AlertRecord) -> StoredRecord:
    """What is encoded."""
    return StoredRecord(
        rule_id=record.rule_id,
        alert_id=bytes.fromhex(record.alert_id),
        case_id=bytes.fromhex(record.case_id),
        severity=record.severity,
        anchor=record.anchor,
        first=None if record.first == record.anchor else record.first,
        revision=record.revision,
        standing=record.standing,
        until=record.until,
        in_shadow=record.in_shadow,
    )


def restored_record(stored: StoredRecord) -> AlertRecord:
    """What was decoded, as the engine keeps it."""
    return AlertRecord(
        rule_id=stored.rule_id,
        alert_id=stored.alert_id.hex(),
        case_id=stored.case_id.hex(),
        severity=stored.severity,
        anchor=stored.anchor,
        first=stored.first or stored.anchor,
        revision=stored.revision,
        standing=stored.standing,
        until=stored.until,
        in_shadow=stored.in_shadow,
    )
