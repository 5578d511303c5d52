"""Which events belong to which fraud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec

FraudKind = Literal["no-password-burst", "remote-session"]

_encoder = msgspec.json.Encoder()


class Mark(NamedTuple):
    """Says of an act, before it is an event, that it is part of a fraud."""

    fraud_id: str
    kind: FraudKind
    role: str


@dataclass(frozen=True)
class Label:
    """Says of an event that it belongs to a fraud.

    `role` is `debit` in a burst, and `session`, `face`, `money` or `session-end` in a remote session.
    """

    event_id: str
    user_id: str
    fraud_id: str
    kind: FraudKind
    role: str


def write_labels(labels: Iterable[Label]) -> Iterator[bytes]:
    """Each label as compact JSON, without a line's end: event_id, user_id, fraud_id, kind, role."""
    return map(_encoder.encode, labels)
