"""Alerts on their way out: what the outbox keeps of each until Kafka has acknowledged it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from detector.core.alert import Alert, Status
from detector.core.rule import Mode

_TYPES = {Status.RAISED: b"fraud.alert.raised.v1", Status.WITHDRAWN: b"fraud.alert.withdrawn.v1"}
_ID = "ce_id"
_to_json = msgspec.json.Encoder()
_to_bytes = msgspec.msgpack.Encoder()

Headers = list[tuple[str, bytes]]


class Notice(msgspec.Struct, frozen=True, array_like=True):
    """One record to publish; `recorded_at` is the timestamp (ms) of the record that led to it."""

    is_shadow: bool
    key: bytes
    value: bytes
    headers: Headers
    recorded_at: int

    @property
    def alert_id(self) -> str:
        """The id of the alert, without its revision."""
        return dict(self.headers)[_ID].decode().rpartition(".")[0]


_from_bytes = msgspec.msgpack.Decoder(Notice)


def pack(alert: Alert, source: bytes, recorded_at: int, traceparent: bytes | None) -> bytes:
    """The outbox entry of an alert; `source` names this detector in the CloudEvents headers."""
    return _to_bytes.encode(
        Notice(
            is_shadow=alert.mode is Mode.SHADOW,
            key=next(iter(alert.entity.values())).encode(),
            value=_to_json.encode(alert),
            headers=_headers(alert, source, traceparent),
            recorded_at=recorded_at,
        )
    )


def unpack(entry: bytes) -> Notice:
    """The record that an outbox entry stands for."""
    return _from_bytes.decode(entry)


def _headers(alert: Alert, source: bytes, traceparent: bytes | None) -> Headers:
    """CloudEvents 1.0, Kafka binding, binary mode; the subject is the rule, for headers name no user."""
    detected_at = datetime.fromtimestamp(alert.detected_at / 1000, UTC)
    headers = [
        ("ce_specversion", b"1.0"),
        (_ID, f"{alert.alert_id}.{alert.revision}".encode()),
        ("ce_type", _TYPES[alert.status]),
        ("ce_source", source),
        ("ce_time", detected_at.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()),
        ("ce_subject", alert.rule_id.encode()),
        ("content-type", b"application/json; charset=utf-8"),
    ]
    return headers if traceparent is None else [*headers, ("traceparent", traceparent)]
