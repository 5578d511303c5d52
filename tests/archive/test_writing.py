"""Alerts become rows, each once, whatever comes how often and in which order."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from itertools import chain, permutations
from typing import Any

import pytest
from psycopg import AsyncConnection

from detector.archive.connect import connect
from detector.archive.writing import delete_older, write
from detector.config import ArchiveSettings
from tests.archive.given import Json, alert, archivable, real_alerts, withdrawal
from tests.archive.rows import rows

SAME = (
    "alert_id revision status case_id rule_id rule_version mode severity action entity anchor measures "
    "thresholds evidence evidence_total late approximate"
)


def at(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def as_row(published: Json) -> dict[str, Any]:
    """What a row must say of an alert, but for when it was archived."""
    anchor, entity = published["anchor"], published["entity"]
    return {
        **{name: published[name] for name in SAME.split()},
        "user_id": entity.get("user_id"),
        "merchant_id": entity.get("merchant_id") or anchor.get("merchant_id"),
        "user_tier": anchor.get("user_tier"),
        "merchant_tier": anchor.get("merchant_tier"),
        "amount_at_stake": published["measures"].get("sum(amount)", anchor.get("amount")),
        "event_time": at(published["event_time"]),
        "detected_at": at(published["detected_at"]),
        **{
            f"{text}_{lang}": published[text][lang]
            for text in ("title", "explanation")
            for lang in ("en", "zh")
        },
    }


async def test_rows_say_what_the_alerts_say(connection: AsyncConnection) -> None:
    published = real_alerts()
    assert len({one["rule_id"] for one in published}) > 3
    published[0]["anchor"] |= {"user_tier": "minor"}
    assert {name for one in published for name in one["anchor"]} >= {"amount", "merchant_id", "merchant_tier"}

    written = await write(connection, archivable(*published))

    assert (written.rows, written.refused) == (len(published), [])
    found = await rows(connection, "alerts")
    now = datetime.now(UTC)
    assert all(now - row.pop("archived_at") < timedelta(minutes=1) for row in found.values())
    assert found == {one["alert_id"]: as_row(one) for one in published}
    # What is at stake is the sum where a rule has one, else the anchor's amount
    at_stake = [(row["amount_at_stake"], row["anchor"].get("amount")) for row in found.values()]
    assert any(amount != of_anchor for amount, of_anchor in at_stake)
    assert any(amount == of_anchor is not None for amount, of_anchor in at_stake)


async def test_a_repeat_changes_nothing(connection: AsyncConnection) -> None:
    published = archivable(*real_alerts()[:50])
    await write(connection, published)
    before = await rows(connection)

    again = await write(connection, published)

    assert again.rows == 0
    assert await rows(connection) == before


RAISED = alert(explanation={"en": "first", "zh": "-"}, measures={"sum(amount)": 1})
RAISED_ANEW = {
    **RAISED,
    "revision": 2,
    "explanation": {"en": "second", "zh": "-"},
    "measures": {"sum(amount)": 2},
}
FALLEN = withdrawal(RAISED_ANEW, 3)
RAISED_AGAIN = {**RAISED, "revision": 4, "explanation": {"en": "fourth", "zh": "-"}}


@pytest.mark.parametrize("at_once", [True, False], ids=["one batch", "one by one"])
async def test_the_newest_revision_stands_in_whatever_order_they_come(
    connection: AsyncConnection, at_once: bool
) -> None:
    orders = list(permutations([RAISED, RAISED_ANEW, FALLEN, RAISED_AGAIN]))
    told = [[one | {"alert_id": f"a{number}"} for one in order] for number, order in enumerate(orders)]
    for batch in [list(chain(*told))] if at_once else zip(*told, strict=True):
        await write(connection, archivable(*batch))

    found = (await rows(connection)).values()

    assert len(found) == len(orders)
    for row in found:
        assert (row["revision"], row["status"], row["explanation_en"]) == (4, "raised", "fourth")


@pytest.mark.parametrize("cut", range(3))
async def test_a_withdrawn_alert_still_says_what_was_raised(connection: AsyncConnection, cut: int) -> None:
    published = [RAISED, RAISED_ANEW, FALLEN]
    await write(connection, archivable(*published[:cut]))
    await write(connection, archivable(*published[cut:]))

    [row] = (await rows(connection)).values()

    assert (row["status"], row["revision"]) == ("withdrawn", 3)
    assert row["detected_at"] == at(FALLEN["detected_at"])
    kept = ("explanation_en", "measures", "thresholds", "evidence", "evidence_total", "amount_at_stake")
    expected = as_row(RAISED_ANEW)
    assert {name: row[name] for name in kept} == {name: expected[name] for name in kept}


async def test_a_withdrawal_of_what_was_never_seen_is_a_row(connection: AsyncConnection) -> None:
    await write(connection, archivable(FALLEN))

    [row] = (await rows(connection)).values()

    assert (row["status"], row["measures"], row["amount_at_stake"]) == ("withdrawn", {}, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_time": 2**62},
        {"revision": 2**40},
        {"title": {"en": "no Chinese"}},
        {"alert_id": "".join(random.Random(1).choices("0123456789abcdef", k=50_000))},
    ],
)
async def test_an_alert_that_no_row_can_hold_keeps_no_other_out(
    connection: AsyncConnection, wrong: Json
) -> None:
    alerts = [alert(f"a{number}") for number in range(10)]
    alerts[3] |= wrong
    alerts[9] |= wrong
    published = archivable(*alerts)

    written = await write(connection, published)

    assert (written.rows, [one.place for one in written.refused]) == (
        8,
        ["fraud.alerts partition 3 offset 3", "fraud.alerts partition 3 offset 9"],
    )
    assert set(await rows(connection)) == {f"a{number}" for number in range(10)} - {"a3", "a9"}


async def test_ids_may_be_longer_than_an_index_takes(connection: AsyncConnection) -> None:
    long = "".join(random.Random(1).choices("0123456789abcdef", k=50_000))

    written = await write(connection, archivable(alert(entity={"user_id": long, "merchant_id": long})))

    assert written.refused == []


async def test_a_sum_beyond_what_a_column_holds_is_the_largest_it_does(connection: AsyncConnection) -> None:
    await write(connection, archivable(alert(measures={"sum(amount)": 2**70})))

    [row] = (await rows(connection)).values()

    assert row["amount_at_stake"] == 2**63 - 1


async def test_archives_that_write_the_same_alerts_at_once_write_each_once(
    connection: AsyncConnection, empty: ArchiveSettings
) -> None:
    published = real_alerts()

    async def archive(connection: AsyncConnection, alerts: list[Json], at_once: int) -> int:
        batches = [alerts[at : at + at_once] for at in range(0, len(alerts), at_once)]
        return sum([(await write(connection, archivable(*batch))).rows for batch in batches])

    async with await connect(empty) as other:
        both = await asyncio.gather(archive(connection, published, 20), archive(other, published[::-1], 30))

    assert sum(both) == len(published)
    assert set(await rows(connection)) == {one["alert_id"] for one in published}


async def test_old_alerts_are_deleted_with_what_was_said_of_them(connection: AsyncConnection) -> None:
    day = 86_400_000
    now = int(datetime.now(UTC).timestamp() * 1000)
    old, new = alert("old", event_time=now - 31 * day), alert("new", event_time=now - 29 * day)
    await write(connection, archivable(old, new))
    for alert_id in ("old", "new"):
        await connection.execute(
            "INSERT INTO fraud.dispositions (alert_id, disposition, marked_by) VALUES (%s, 'unclear', 'x')",
            [alert_id],
        )

    assert await delete_older(connection, 30 * day) == 1

    assert await delete_older(connection, 10**18) == 0
    assert list(await rows(connection)) == ["new"]
    left = await connection.execute("SELECT alert_id FROM fraud.dispositions")
    assert await left.fetchall() == [("new",)]
