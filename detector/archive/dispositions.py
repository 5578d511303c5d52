"""What analysts say of alerts in the archive, and an alert as it stands there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection

from detector.archive.errors import ArchiveError
from detector.core.disposition import Disposition


async def mark_alerts(
    connection: AsyncConnection, alert_ids: Sequence[str], disposition: Disposition, by: str, note: str | None
) -> None:
    """Append a disposition to each alert; the newest of an alert counts.

    Raises:
        ArchiveError: the archive lacks some of the alerts; then none is marked.
    """
    async with connection.transaction():
        found = await connection.execute(
            "SELECT alert_id FROM fraud.alerts WHERE alert_id = ANY(%s)", [list(alert_ids)]
        )
        known = {alert_id for (alert_id,) in await found.fetchall()}
        if unknown := [alert_id for alert_id in alert_ids if alert_id not in known]:
            raise ArchiveError("\n".join(map(_unknown, unknown)))
        await connection.execute(
            "INSERT INTO fraud.dispositions (alert_id, disposition, marked_by, note) "
            "SELECT unnest(%s::text[]), %s, %s, %s",
            [list(alert_ids), disposition, by, note],
        )


async def archived(connection: AsyncConnection, alert_id: str) -> dict[str, Any]:
    """The row of an alert with its newest disposition, times as RFC 3339 texts.

    Raises:
        ArchiveError: the archive has no such alert.
    """
    found = await connection.execute(
        "SELECT to_json(alert_rows)::text FROM fraud.alert_rows WHERE alert_id = %s", [alert_id]
    )
    row = await found.fetchone()
    if row is None:
        raise ArchiveError(_unknown(alert_id))
    decoded: dict[str, Any] = msgspec.json.decode(row[0])
    return decoded


async def newest_dispositions(connection: AsyncConnection) -> AsyncIterator[str]:
    """The newest disposition of each alert that was marked, by event time, each as a JSON object.

    Its fields are alert_id, case_id, rule_id, event_time (ms since 1970, of the anchor), disposition and
    marked_at (ms since 1970).
    """
    found = await connection.execute(
        """
        SELECT json_build_object(
            'alert_id', alert_id,
            'case_id', case_id,
            'rule_id', rule_id,
            'event_time', (extract(epoch FROM event_time) * 1000)::bigint,
            'disposition', disposition,
            'marked_at', (extract(epoch FROM marked_at) * 1000)::bigint
        )::text
        FROM fraud.alert_rows
        WHERE disposition IS NOT NULL
        ORDER BY fraud.alert_rows.event_time, alert_id
        """
    )
    async for (line,) in found:
        yield line


def _unknown(alert_id: str) -> str:
    return f"no alert {alert_id} in the archive: is the id right, and has the alert been archived yet?"
