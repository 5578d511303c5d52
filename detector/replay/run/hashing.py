"""Which group a key belongs to: the same in every process."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from detector.core.events import Event, Refusal, decode
from detector.core.routing import MERCHANT

_HASHES = 1 << 32

KeysOf = Callable[[Sequence[bytes]], list[bytes]]
"""The keys of lines."""


class Groups(NamedTuple):
    """A way to split keys into groups: `number` of them, after they were split so already `depth` times.

    Keys that share a group at one depth are spread over all groups of the next.
    """

    number: int
    depth: int = 0

    @property
    def is_last(self) -> bool:
        """Whether keys that share a group here would share one at the next depth, too."""
        return self.number == 1 or self.number ** (self.depth + 1) >= _HASHES

    @property
    def next(self) -> Groups:
        """The way to split the keys of one of these groups."""
        return Groups(self.number, self.depth + 1)

    def of(self, keys: Iterable[bytes]) -> list[int]:
        """The group of each key."""
        number, divisor, hashed = self.number, self.number**self.depth, zlib.crc32
        return [hashed(key) // divisor % number for key in keys]


class _Keyed(msgspec.Struct, gc=False):
    user_id: str


_decoder = msgspec.json.Decoder(_Keyed)


def users_of(lines: Sequence[bytes]) -> list[bytes]:
    """The user of each line's event; of what is no event, all of the line, so that they are spread, too."""
    decoded = _decoder.decode
    try:
        return [key_bytes(decoded(line).user_id) for line in lines]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [_user_of(line) for line in lines]


def merchants_of(lines: Sequence[bytes]) -> list[bytes]:
    """The merchant of each line's event, of lines that are known to be events of merchants."""
    return [key_bytes(getattr(_event(line), MERCHANT)) for line in lines]


def key_bytes(key: str) -> bytes:
    """A key as bytes, whatever characters it has."""
    return key.encode(errors="surrogatepass")


def _user_of(line: bytes) -> bytes:
    try:
        return key_bytes(_decoder.decode(line).user_id)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return line


def _event(line: bytes) -> Event:
    event = decode(line)
    assert not isinstance(event, Refusal)
    return event
