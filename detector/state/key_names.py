"""The names of a store's keys in Redis: plain, or with users and merchants behind a keyed hash."""

import hmac
from collections.abc import Callable, Sequence
from functools import lru_cache

_DIGEST_BYTES = 16
_MOST_NAMES_KNOWN = 100_000


class KeyNames:
    """Names keys.

    All keys of a partition carry its number as their hash tag, so that each Lua call touches one slot. With a
    secret the name of a history holds the HMAC-SHA256 of its key, cut to 128 bits, in place of whom it is
    of. `fingerprint` tells secrets apart and betrays none; it is empty without one.
    """

    def __init__(self, prefix: str, secret: str | None) -> None:
        self._prefix = prefix
        digest = None if secret is None else _digests(secret)
        # What is hashed else begins with the prefix of a scope, so this is no history's name.
        self.fingerprint = digest("fingerprint") if digest else ""
        # A digest takes two microseconds, and a busy key is named again and again.
        self._hidden = lru_cache(_MOST_NAMES_KNOWN)(_hiding(digest)) if digest else None

    def meta(self, partition: int) -> str:
        """The key of a partition's epoch, offsets and what was seen."""
        return f"{self._prefix}:{{{partition}}}:meta"

    def turn(self, partition: int) -> str:
        """The key of how far a partition is."""
        return f"{self._prefix}:{{{partition}}}:turn"

    def ledger(self, partition: int) -> list[str]:
        """The keys of a partition that are no history: meta, and the outbox."""
        return [self.meta(partition), f"{self._prefix}:{{{partition}}}:outbox"]

    def histories(self, partition: int, keys: Sequence[str]) -> list[bytes]:
        """The keys of these histories."""
        head = f"{self._prefix}:{{{partition}}}:"
        if self._hidden is not None:
            keys = [self._hidden(key) for key in keys]
        # redis-py encodes text a third slower, and these are most of a commit's arguments.
        return [(head + key).encode() for key in keys]


def _digests(secret: str) -> Callable[[str], str]:
    keyed = hmac.new(secret.encode(), digestmod="sha256")

    def digest(text: str) -> str:
        own = keyed.copy()
        own.update(text.encode())
        return own.digest()[:_DIGEST_BYTES].hex()

    return digest


def _hiding(digest: Callable[[str], str]) -> Callable[[str], str]:
    def hide(key: str) -> str:
        scope, _, _ = key.partition(":")
        return f"{scope}:{digest(key)}"

    return hide
