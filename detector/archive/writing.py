"""Alerts into their table, and out of it when they are old."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import psycopg
from psycopg import AsyncConnection

from detector.archive.records import Archivable
from detector.archive.upserts import UPSERT_RAISED, UPSERT_WITHDRAWN

MOST_DELETED = 1_000

# What PostgreSQL says where a row is at fault, so that a new try would end the same way.
_ROW_AT_FAULT = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)

_DELETE = """
    DELETE FROM fraud.alerts WHERE alert_id IN (
        SELECT alert_id FROM fraud.alerts
        WHERE event_time < to_timestamp(greatest(0, extract(epoch FROM now()) - %s / 1000.0))
        ORDER BY event_time LIMIT %s
        FOR UPDATE SKIP LOCKED
    )
"""


class Written(msgspec.Struct):
    """What became of alerts: how many rows changed, and those that no row can hold."""

    rows: int
    refused: list[Archivable]


async def write(connection: AsyncConnection, alerts: Sequence[Archivable]) -> Written:
    """Write alerts, each revision once, however often it comes; older revisions change nothing.

    Those that no row can hold keep no others out.

    Raises:
        psycopg.Error: PostgreSQL has not written all of them; it is safe to write them again.
    """
    try:
        async with connection.transaction():
            return Written(await _write_all(connection, alerts), [])
    except _ROW_AT_FAULT:
        if len(alerts) == 1:
            return Written(0, list(alerts))
    middle = len(alerts) // 2
    halves = [await write(connection, half) for half in (alerts[:middle], alerts[middle:])]
    return Written(sum(half.rows for half in halves), [one for half in halves for one in half.refused])


async def _write_all(connection: AsyncConnection, alerts: Sequence[Archivable]) -> int:
    raised = [alert.value for alert in alerts if not alert.is_withdrawal]
    withdrawn = [alert.value for alert in alerts if alert.is_withdrawal]
    # The raised first: a withdrawal keeps what the row holds.
    return await _upsert(connection, UPSERT_RAISED, raised) + await _upsert(
        connection, UPSERT_WITHDRAWN, withdrawn
    )


async def _upsert(connection: AsyncConnection, statement: str, values: Sequence[str]) -> int:
    if not values:
        return 0
    written = await connection.execute(statement, [f"[{','.join(values)}]"])
    return written.rowcount


async def delete_older(connection: AsyncConnection, keep: int) -> int:
    """Delete up to a thousand alerts whose event time is more than `keep` ms ago; gives how many."""
    deleted = await connection.execute(_DELETE, [keep, MOST_DELETED])
    return deleted.rowcount
