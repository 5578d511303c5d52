"""The connection to PostgreSQL that the settings ask for."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import AsyncConnection

from detector.archive.errors import ArchiveError
from detector.config import ArchiveSettings

_CONNECT_SECONDS = 5
_SILENCE_MS = 15_000
# A statement that takes longer waits for something that a new try may find gone.
_OPTIONS = "-c statement_timeout=30s -c lock_timeout=10s -c timezone=UTC"


async def connect(settings: ArchiveSettings) -> AsyncConnection:
    """Return a connection in autocommit mode; the caller closes it.

    Raises:
        psycopg.OperationalError: PostgreSQL cannot be reached within 5 seconds, or refuses us.
    """
    return await AsyncConnection.connect(**_arguments(settings))


async def connect_or_fail(settings: ArchiveSettings) -> AsyncConnection:
    """The same for a command, which tries once.

    Raises:
        ArchiveError: where PostgreSQL is, and why it cannot be used.
    """
    try:
        return await connect(settings)
    except psycopg.OperationalError as error:
        raise unusable(settings, error) from None


def unusable(settings: ArchiveSettings, error: psycopg.Error) -> ArchiveError:
    """The error to show for what PostgreSQL answered, or that it did not."""
    is_empty = isinstance(error, psycopg.errors.UndefinedTable)
    hint = "; `detector archive --migrate-only` makes the tables" if is_empty else ""
    return ArchiveError(f"{describe_address(settings)}: {reason(error)}{hint}")


def describe_address(settings: ArchiveSettings) -> str:
    """Say where PostgreSQL is, for messages and logs; never holds a secret or a user."""
    host, port = settings.address
    return f"PostgreSQL at {f'[{host}]' if ':' in host else host}:{port}/{settings.database}"


def reason(error: psycopg.Error) -> str:
    """One line without the details below it, which quote rows."""
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


def _arguments(settings: ArchiveSettings) -> dict[str, Any]:
    host, port = settings.address
    return {
        "host": host,
        "port": port,
        "dbname": settings.database,
        "user": settings.username,
        "password": settings.password.get_secret_value() if settings.password else None,
        "sslmode": settings.sslmode,
        "sslrootcert": str(settings.ssl_cafile) if settings.ssl_cafile else None,
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": _SILENCE_MS,
        "options": _OPTIONS,
        "application_name": "fraud-archive",
        "autocommit": True,
    }
