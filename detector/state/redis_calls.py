"""Commands that are safe to repeat, sent to Redis until they are answered or a deadline passes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from redis import exceptions
from redis.asyncio import Redis, RedisCluster
from redis.backoff import ExponentialWithJitterBackoff

from detector.state import scripts
from detector.state.errors import StateError, StateRefused, StateUnavailable

Client = Redis | RedisCluster
Command = Sequence[bytes | str | int]
T = TypeVar("T")

_NO_REPLY = object()

_FAULTS = (exceptions.RedisError, exceptions.RedisClusterException)
_LASTING = (exceptions.AuthenticationError, exceptions.AuthorizationError)
_PASSING = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    exceptions.NoScriptError,
    exceptions.TryAgainError,
    exceptions.ClusterError,
    exceptions.RedisClusterException,
)
_PASSING_CODES = ("BUSY ", "MISCONF ", "NOREPLICAS ")
# Inside a script a missing permission is no NoPermissionError, and Redis 7.0 does not say which it is.
_DENIED_IN_SCRIPT = ("ACL failure in script", "The user executing the script can't")


class RedisCalls:
    """Sends commands in one pipeline, through lost connections, fail-overs and full memory.

    A reply may be lost after its command ran, so every command must be safe to repeat.
    """

    def __init__(self, client: Client, deadline_s: float) -> None:
        """Let a call take `deadline_s` seconds, plus the client's own time limit for its last try."""
        self._client = client
        self._deadline_s = deadline_s
        self._scripts_loaded = False
        self._repeated: dict[int, Exception] = {}

    async def run(self, commands: Sequence[Command]) -> list[Any]:
        """The reply to each command; raises StateUnavailable or StateRefused."""
        replies: list[Any] = [_NO_REPLY] * len(commands)
        await self.patiently(lambda: self._send(commands, replies))
        return replies

    async def patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Repeat an attempt while its faults may pass; raises StateUnavailable or StateRefused."""
        backoff = ExponentialWithJitterBackoff(base=0.02, cap=1)
        give_up_at = time.monotonic() + self._deadline_s
        failures = 0
        try:
            while True:
                try:
                    return await attempt()
                except _FAULTS as fault:
                    failures += 1
                    pause = backoff.compute(failures)
                    if not _passes(fault) or time.monotonic() + pause > give_up_at:
                        waited = f" gave no usable answer for {self._deadline_s:g} s"
                        raise self._error(fault, waited) from None
                    self._repeated[id(attempt)] = fault
                    await self._recover(fault)
                    await asyncio.sleep(pause)
        finally:
            self._repeated.pop(id(attempt), None)

    async def probe(self, commands: Sequence[Command]) -> None:
        """Try commands once; raises StateUnavailable or StateRefused, also while another call is repeated."""
        for fault in self._repeated.values():
            raise self._error(fault)
        await self.once(lambda: self._send(commands, [_NO_REPLY] * len(commands)))

    async def once(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Make one attempt; raises StateUnavailable or StateRefused."""
        try:
            return await attempt()
        except _FAULTS as fault:
            await self._recover(fault)
            raise self._error(fault) from None

    async def _send(self, commands: Sequence[Command], replies: list[Any]) -> None:
        """Send what has no reply yet, keep each reply that comes, raise a fault among them."""
        if any(command[0] == scripts.CALL for command in commands):
            await self._load_scripts()
        unanswered = [i for i, reply in enumerate(replies) if reply is _NO_REPLY]
        pipeline = self._client.pipeline(transaction=False)
        for i in unanswered:
            pipeline.execute_command(*commands[i])
        fault = None
        for i, reply in zip(unanswered, await pipeline.execute(raise_on_error=False), strict=True):
            if isinstance(reply, Exception):
                fault = reply
            else:
                replies[i] = reply
        if fault is not None:
            raise fault

    async def _load_scripts(self) -> None:
        if not self._scripts_loaded:
            for script in scripts.ALL:
                await self._client.script_load(script.text)
            self._scripts_loaded = True

    async def _recover(self, fault: Exception) -> None:
        if isinstance(fault, exceptions.NoScriptError):
            self._scripts_loaded = False
        elif isinstance(self._client, RedisCluster):
            # The next try asks anew who holds which slots.
            await self._client.aclose()
        else:
            # The next try looks the address up anew: after a fail-over it may mean another server.
            await self._client.connection_pool.disconnect(inuse_connections=False)

    def _error(self, fault: Exception, waited: str = "") -> StateError:
        where = f"Redis at {address(self._client)}"
        if _passes(fault):
            return StateUnavailable(f"{where}{waited}: {_reason(fault)}")
        hint = "; ACL LOG in Redis names the permission that its user lacks" if _is_denied(fault) else ""
        return StateRefused(f"{where} refused a command: {_reason(fault)}{hint}")


def address(client: Client) -> str:
    """Where a client connects to, without credentials."""
    if isinstance(client, RedisCluster):
        return ", ".join(sorted(client.nodes_manager.startup_nodes))
    pool = client.connection_pool
    settings = pool.connection_kwargs
    if "host" in settings:
        return f"{settings['host']}:{settings.get('port', 6379)}"
    return str(settings.get("path") or getattr(pool, "service_name", "an unknown address"))


def _passes(fault: Exception) -> bool:
    if isinstance(fault, _LASTING):
        return False
    return isinstance(fault, _PASSING) or str(fault).startswith(_PASSING_CODES)


def _is_denied(fault: Exception) -> bool:
    return isinstance(fault, exceptions.NoPermissionError) or str(fault).startswith(_DENIED_IN_SCRIPT)


def _reason(fault: Exception) -> str:
    """One line without the command's arguments, which may hold ids of users."""
    if isinstance(fault, exceptions.RedisClusterException):
        return type(fault).__name__
    lines = str(fault).partition(", with args")[0].splitlines()
    return f"{type(fault).__name__}: {lines[0]}" if lines else type(fault).__name__
