"""The roles that the documentation makes can do their work, and no more."""

from collections.abc import Iterator
from itertools import chain

import psycopg
import pytest

from detector.archive.connect import connect
from detector.archive.dispositions import archived, mark_alerts
from detector.archive.errors import ArchiveError
from detector.archive.start import migrated
from detector.archive.writing import delete_older, write
from detector.config import ArchiveSettings
from detector.core.disposition import Disposition
from tests.archive.given import alert, archivable
from tests.servers.postgres import RunningPostgres
from tests.test_docs import DOCS, fences

ROLES = ("fraud_owner", "fraud_archive", "fraud_analyst", "fraud_grafana")
NEVER = (
    "DROP TABLE fraud.alerts",
    "CREATE TABLE fraud.other ()",
    "TRUNCATE fraud.alerts",
    "CREATE SCHEMA other",
)
WRITES = {
    "alerts": "DELETE FROM fraud.alerts",
    "dispositions": "DELETE FROM fraud.dispositions",
    "marks": "INSERT INTO fraud.dispositions (alert_id, disposition, marked_by) VALUES ('a1', 'unclear', '')",
    "changes": "UPDATE fraud.dispositions SET marked_by = 'another'",
}


@pytest.fixture
def separate(postgres: RunningPostgres, empty: ArchiveSettings) -> Iterator[dict[str, ArchiveSettings]]:
    """The settings with each of the roles, made with the SQL of the documentation before the migration."""
    before, _ = grants()
    with postgres.connect(empty.database) as admin:
        admin.execute(before)
        yield {role: empty.model_copy(update={"username": role}) for role in ROLES}
        for role in ROLES:
            admin.execute(f"DROP OWNED BY {role} CASCADE")
            admin.execute(f"DROP ROLE {role}")


def grants() -> list[str]:
    """The SQL before the migration, and that after it."""
    return [text for _, text in fences(DOCS / "archive.md", "sql") if "GRANT" in text]


async def test_each_role_can_do_its_work_and_no_more(separate: dict[str, ArchiveSettings]) -> None:
    # The archive cannot make its tables, and says so in one line
    with pytest.raises(ArchiveError, match=r"^PostgreSQL at 127.0.0.1:\d+/\w+: permission denied .*$"):
        await migrated(separate["fraud_archive"])

    # The owner makes them
    async with await migrated(separate["fraud_owner"]) as owner:
        await owner.execute(grants()[1])

    # Then the archive starts, writes and deletes
    async with await migrated(separate["fraud_archive"]) as archive:
        await write(archive, archivable(alert("a1"), alert("a1", revision=2), alert("old", event_time=0)))
        assert await delete_older(archive, 36_500 * 86_400_000 // 2) == 1
        await refuses(archive, *NEVER, WRITES["marks"], WRITES["dispositions"])

    # Analysts mark, and cannot take back what was said
    async with await connect(separate["fraud_analyst"]) as analyst:
        await mark_alerts(analyst, ["a1"], Disposition.CONFIRMED, "an analyst", None)
        assert (await archived(analyst, "a1"))["disposition"] == "confirmed"
        await refuses(analyst, *NEVER, WRITES["alerts"], WRITES["dispositions"], WRITES["changes"])

    # And Grafana reads
    async with await connect(separate["fraud_grafana"]) as grafana:
        for relation in ("alerts", "dispositions", "alert_rows"):
            found = await grafana.execute(f"SELECT count(*) FROM fraud.{relation}")
            assert await found.fetchone() == (1,)
        await refuses(grafana, *chain(NEVER, WRITES.values()))


async def refuses(connection: psycopg.AsyncConnection, *statements: str) -> None:
    for statement in statements:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(statement)
