"""Events as the platform would send them."""

from __future__ import annotations

import msgspec

# An event, or the part of one that only events of its type have.
Fields = dict[str, str | int | bool]

_encoder = msgspec.json.Encoder()


def encode(event: Fields) -> bytes:
    """An event as compact JSON, without a line's end."""
    return _encoder.encode(event)
