"""What the archive holds."""

from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row


async def rows(connection: AsyncConnection, relation: str = "alert_rows") -> dict[str, dict[str, Any]]:
    """All rows of a table or view of alerts, by their ids."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(f"SELECT * FROM fraud.{relation}")
        return {row["alert_id"]: row for row in await cursor.fetchall()}
