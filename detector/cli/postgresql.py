"""What commands ask the archive in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from detector.cli.console import fail
from detector.cli.options import settings_from

if TYPE_CHECKING:
    from psycopg import AsyncConnection

Result = TypeVar("Result")


def require_client() -> None:
    """End with one line and exit code 1 where PostgreSQL's client is not installed."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        fail("the archive needs psycopg: install streaming-fraud-detector[archive]")


def asked(config: Path | None, ask: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
    """What the archive answers.

    Raises:
        ArchiveError: it cannot be asked, or what it says is an error.
    """
    require_client()
    import psycopg

    from detector.archive.connect import connect_or_fail, unusable

    settings = settings_from(config).archive

    async def answer() -> Result:
        async with await connect_or_fail(settings) as connection:
            try:
                return await ask(connection)
            except psycopg.Error as error:
                raise unusable(settings, error) from None

    return asyncio.run(answer())
