"""The schema `fraud`, brought up to what this version needs."""

from __future__ import annotations

from importlib.resources import files
from typing import LiteralString, cast

from psycopg import AsyncConnection

from detector.archive.errors import ArchiveError

# Any number that nobody else locks by; two archives that start together migrate one after the other.
_LOCK = 0x667261756400


def migrations() -> dict[int, LiteralString]:
    """The SQL of each migration, by its number; they count from 1 and are applied in their order."""
    folder = files("detector.archive") / "migrations"
    found = {int(file.name[:4]): file.read_text(encoding="utf-8") for file in folder.iterdir()}
    # They are part of the program, as literals are.
    return cast(dict[int, LiteralString], dict(sorted(found.items())))


async def migrate(connection: AsyncConnection) -> list[int]:
    """Apply, in one transaction, the migrations that the database lacks; gives their numbers.

    Raises:
        ArchiveError: The database is of a newer version.
        psycopg.Error: PostgreSQL refuses one; then none is applied.
    """
    known = migrations()
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        applied = await _newest_applied(connection)
        newest = max(known)
        if applied > newest:
            raise ArchiveError(
                f"the database's schema fraud is of version {applied}, this detector knows versions up to "
                f"{newest}: run a newer detector"
            )
        pending = [version for version in known if version > applied]
        for version in pending:
            await connection.execute(known[version])
            await connection.execute("INSERT INTO fraud.migrations (version) VALUES (%s)", [version])
    return pending


async def _newest_applied(connection: AsyncConnection) -> int:
    found = await connection.execute("SELECT to_regclass('fraud.migrations') IS NOT NULL")
    if await found.fetchone() == (False,):
        return 0
    newest = await connection.execute("SELECT coalesce(max(version), 0) FROM fraud.migrations")
    [version] = await newest.fetchone() or (0,)
    return int(version)
