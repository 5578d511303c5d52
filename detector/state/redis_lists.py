"""Lists in Redis: each a hash of its members, and a registry that tells by versions what has changed.

A version names a generation, and the change since. A list that is replaced gets a generation, and so a key,
of its own, written aside and then put in place at once: whoever reads sees the old members or the new.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from detector.core.lists import TIERS, Members
from detector.state import scripts
from detector.state.errors import CorruptStateError, NoSuchListError, StateUnavailable
from detector.state.redis_calls import Client, Command, RedisCalls

_CHUNK = 1_000
"""Members in one command: it keeps Redis from everything else for about a millisecond."""
_KEPT_ASIDE_MS = 3_600_000
"""How long what an interrupted import has written stays."""
_ATTEMPTS = 20


class StoredList(NamedTuple):
    """A list's members, and a version that they had; it is the latest unless the list changed meanwhile."""

    version: str
    members: Members


class RedisLists:
    """Reads and changes lists. All keys carry one hash tag, so that each Lua call touches one slot.

    A change names the version that it is made for, and is made anew where another came first; one whose reply
    was lost is recognised, or does no harm when it is made again. Every method may raise StateUnavailable or
    StateRefused.
    """

    def __init__(self, client: Client, prefix: str = "fd", deadline_s: float = 30.0) -> None:
        """Use the client, which stays the caller's. A call without an answer raises after `deadline_s`."""
        self._prefix = f"{prefix}:{{lists}}"
        self._registry = f"{self._prefix}:registry"
        self._calls = RedisCalls(client, deadline_s)

    async def versions(self) -> dict[str, str]:
        """The lists that exist, each with a version that every change replaces."""
        registry: Mapping[bytes, bytes] = await self._call(("HGETALL", self._registry))
        return {name.decode(): version.decode() for name, version in registry.items()}

    async def sizes(self) -> dict[str, int]:
        """The lists that exist, each with the number of its members."""
        versions = await self.versions()
        commands = [("HLEN", self._members(name, version)) for name, version in versions.items()]
        return dict(zip(versions, await self._calls.run(commands), strict=True))

    async def read(self, name: str) -> StoredList:
        """All members of a list.

        Raises:
            NoSuchListError: there is none.
            CorruptStateError: a tier list holds a value that is no tier.
        """
        for _ in range(_ATTEMPTS):
            version = await self._version(name)
            members = await self._scan(name, version)
            # The members of a list that was replaced are gone while they were read.
            if _generation(await self._version(name)) == _generation(version):
                return StoredList(version, members)
        raise _too_busy(name)

    async def values(self, name: str, members: Iterable[str]) -> list[str | None]:
        """The value of each member; None for one that is not in the list.

        Raises:
            NoSuchListError: there is none.
        """
        version = await self._version(name)
        found = await self._call(("HMGET", self._members(name, version), *members))
        return [None if value is None else value.decode() for value in found]

    async def put(self, name: str, members: Members) -> int:
        """Set members of a list, which is made where there is none; gives their number then."""
        pairs = [part for pair in members.items() for part in pair]
        return await self._change(name, (len(members), *pairs), may_make=True)

    async def remove(self, name: str, members: Iterable[str]) -> int:
        """Take members out of a list, those that are in it; gives the number left.

        Raises:
            NoSuchListError: there is none.
        """
        return await self._change(name, (0, *members), may_make=False)

    async def replace(self, name: str, members: Members) -> None:
        """Put these members in the place of a list, at once for all who read it; made where there is none."""
        version = f"{secrets.token_hex(8)}:0"
        aside = self._members(name, version)
        pairs = iter(members.items())
        while chunk := list(islice(pairs, _CHUNK)):
            await self._calls.run(
                [
                    ("HSET", aside, *(part for pair in chunk for part in pair)),
                    ("PEXPIRE", aside, _KEPT_ASIDE_MS),
                ]
            )
        for _ in range(_ATTEMPTS):
            former = (await self.versions()).get(name, "")
            if _generation(former) == _generation(version):
                return  # It is in place, only the reply was lost.
            keys = [self._registry, aside, *([self._members(name, former)] if former else [])]
            outcome = await self._call(scripts.REPLACE_LIST.call(keys, name, former, version, len(members)))
            if outcome == b"applied":
                return
            if outcome == b"incomplete":
                raise StateUnavailable(f"Redis has lost members of {name} while they came: import it again")
        raise _too_busy(name)

    async def delete(self, name: str) -> None:
        """Delete a list.

        Raises:
            NoSuchListError: there is none.
        """
        for _ in range(_ATTEMPTS):
            version = await self._version(name)
            keys = [self._registry, self._members(name, version)]
            if await self._call(scripts.DELETE_LIST.call(keys, name, version)) == b"applied":
                return
        raise _too_busy(name)

    async def _change(self, name: str, changes: tuple[int | str, ...], may_make: bool) -> int:
        for _ in range(_ATTEMPTS):
            former = (await self.versions()).get(name, "")
            if not former and not may_make:
                raise NoSuchListError(name)
            version = f"{_generation(former) or secrets.token_hex(8)}:{secrets.token_hex(8)}"
            keys = [self._registry, self._members(name, version)]
            size: int = await self._call(scripts.CHANGE_LIST.call(keys, name, former, version, *changes))
            if size >= 0:
                return size
        raise _too_busy(name)

    async def _scan(self, name: str, version: str) -> Members:
        key = self._members(name, version)
        # A million members have but a few values: each is kept once.
        values = {value.encode(): value for value in TIERS.get(name, ("",))}
        members: Members = {}
        cursor = 0
        while True:
            cursor, found = await self._call(("HSCAN", key, cursor, "COUNT", _CHUNK))
            try:
                members.update({member.decode(): values[value] for member, value in found.items()})
            except KeyError:
                raise CorruptStateError(
                    f"the list {name} holds a value that it cannot have: import it again"
                ) from None
            if not int(cursor):
                return members

    async def _version(self, name: str) -> str:
        version: bytes | None = await self._call(("HGET", self._registry, name))
        if version is None:
            raise NoSuchListError(name)
        return version.decode()

    async def _call(self, command: Command) -> Any:
        [reply] = await self._calls.run([command])
        return reply

    def _members(self, name: str, version: str) -> str:
        return f"{self._prefix}:m:{name}:{_generation(version)}"


def _generation(version: str) -> str:
    return version.partition(":")[0]


def _too_busy(name: str) -> StateUnavailable:
    return StateUnavailable(f"the list {name} is changed by others all the time: try again")
