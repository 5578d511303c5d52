"""The Lua scripts, read from the package."""

import hashlib
from collections.abc import Sequence
from importlib import resources

import msgspec

CALL = "EVALSHA"
"""The command that runs a script; who sends none needs none of them."""


class Script(msgspec.Struct, frozen=True):
    """A script's source, and the digest that Redis knows it by."""

    text: str
    sha: str

    def call(self, keys: Sequence[bytes | str], *args: bytes | str | int) -> tuple[bytes | str | int, ...]:
        """The command that runs it."""
        return (CALL, self.sha, len(keys), *keys, *args)


def _read(name: str) -> Script:
    text = resources.files(__package__).joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
    # Redis names scripts by SHA-1; nothing here relies on it being hard to forge.
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


ACQUIRE = _read("acquire")
SET_OFFSETS = _read("set_offsets")
COMMIT = _read("commit")
OUTBOX = _read("outbox")
TRIM_OUTBOX = _read("trim_outbox")
CHANGE_LIST = _read("change_list")
REPLACE_LIST = _read("replace_list")
DELETE_LIST = _read("delete_list")

ALL = (ACQUIRE, SET_OFFSETS, COMMIT, OUTBOX, TRIM_OUTBOX, CHANGE_LIST, REPLACE_LIST, DELETE_LIST)
