"""The Lua scripts, read from the package."""

import hashlib
from importlib import resources

import msgspec


class Script(msgspec.Struct, frozen=True):
    """A script's source, and the digest that Redis knows it by."""

    text: str
    sha: str


def _read(name: str) -> Script:
    text = resources.files(__package__).joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
    # Redis names scripts by SHA-1; nothing here relies on it being hard to forge.
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


ACQUIRE = _read("acquire")
SET_OFFSETS = _read("set_offsets")
COMMIT = _read("commit")
OUTBOX = _read("outbox")
TRIM_OUTBOX = _read("trim_outbox")

ALL = (ACQUIRE, SET_OFFSETS, COMMIT, OUTBOX, TRIM_OUTBOX)
