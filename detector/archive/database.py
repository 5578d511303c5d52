"""PostgreSQL as the archive uses it: work is tried until it succeeds."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg
from psycopg import AsyncConnection

from detector.archive.connect import connect, describe_address, reason
from detector.config import ArchiveSettings
from detector.monitor.health import Health

POSTGRESQL = "postgresql"
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
_log = logging.getLogger(__name__)

Result = TypeVar("Result")


class StoppedWhileAway(Exception):
    """The archive was stopped before PostgreSQL had done the work."""


class Database:
    """One connection, made anew where it is lost.

    Args:
        settings: where PostgreSQL is.
        connection: the first one.
        health: is told while PostgreSQL does not do the work, and why.
        stop: when it is set, work is not tried again.
    """

    def __init__(
        self, settings: ArchiveSettings, connection: AsyncConnection, health: Health, stop: asyncio.Event
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._health = health
        self._stop = stop
        self._trying_since: float | None = None
        self.is_away = False

    async def patiently(self, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        """Do work that is safe to repeat, as often as it takes.

        Raises:
            StoppedWhileAway: it was to be tried again, but the archive is being stopped.
        """
        pause = _FIRST_PAUSE_S
        while True:
            try:
                result = await self._attempt(work)
            except psycopg.Error as error:
                await self._lose(error)
            else:
                self._health.met(POSTGRESQL)
                self.is_away = False
                return result
            await self._wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def silent_seconds(self) -> float:
        """For how long the present attempt has had no answer."""
        return 0.0 if self._trying_since is None else time.monotonic() - self._trying_since

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def _attempt(self, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        self._trying_since = time.monotonic()
        try:
            if self._connection.closed:
                self._connection = await connect(self._settings)
            return await work(self._connection)
        finally:
            self._trying_since = None

    async def _lose(self, error: psycopg.Error) -> None:
        why = f"{describe_address(self._settings)}: {reason(error)}"
        self._health.unmet(POSTGRESQL, why)
        if not self.is_away:
            _log.warning("waits for PostgreSQL: %s", why)
        self.is_away = True
        await self._connection.close()

    async def _wait(self, pause: float) -> None:
        try:
            # Archives that lost PostgreSQL together should not all come back at once.
            await asyncio.wait_for(self._stop.wait(), pause * random.uniform(0.5, 1))
        except TimeoutError:
            return
        raise StoppedWhileAway
