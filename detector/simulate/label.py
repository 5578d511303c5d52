"""Which events belong to which fraud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

_encoder = msgspec.json.Encoder()


class Mark(NamedTuple):
    """Says of an act, before it is an event, that it is part of a fraud."""

    fraud_id: str
    kind: str
    role: str
    variant: str = ""


class Label(msgspec.Struct, frozen=True, omit_defaults=True):
    """Says of an event that it belongs to a fraud.

    Attributes:
        event_id: the event.
        user_id: the user of the event; in a merchant's fraud one of many.
        fraud_id: the same for all events of one fraud.
        kind: which of the frauds it is, a name of `detector.simulate.frauds.KINDS`.
        role: what the event does in it: each kind's module says which roles it has.
        variant: how it is done, one of `detector.simulate.case.VARIANTS`; left out in plain traffic.
    """

    event_id: str
    user_id: str
    fraud_id: str
    kind: str
    role: str
    variant: str = ""


def write_labels(labels: Iterable[Label]) -> Iterator[bytes]:
    """Each label as compact JSON, without a line's end: event_id, user_id, fraud_id, kind, role, variant."""
    return map(_encoder.encode, labels)
