"""Alerts of a real Kafka end in a real PostgreSQL, each once, whatever breaks between them."""

import json
from collections.abc import Iterator, Sequence

import pytest

from tests.archive.given import Json, alert, real_alerts, withdrawal
from tests.integration.archiving import Archiving
from tests.integration.live import Live, Worker, eventually
from tests.servers.postgres import RunningPostgres, running_postgres

MANY = 20_000


@pytest.fixture
def archiving(live: Live, postgres: RunningPostgres) -> Archiving:
    return Archiving(live, postgres)


@pytest.fixture
def own_postgres() -> Iterator[RunningPostgres]:
    """A server that a test may stop."""
    with running_postgres() as running:
        yield running


def many_alerts(number: int) -> list[Json]:
    """So many alerts, as like real ones as can be, with revisions, withdrawals and repeats among them."""
    real = real_alerts()
    alerts: list[Json] = []
    while len(alerts) < number:
        turn = len(alerts)
        one = real[turn % len(real)] | {
            "alert_id": f"{turn:032x}",
            "mode": "shadow" if turn % 7 == 0 else "live",
        }
        alerts.append(one)
        if turn % 5 == 0:
            alerts.append(withdrawal(one, 2))
        if turn % 11 == 0:
            alerts.append(one)
    return alerts


def final(alerts: Sequence[Json]) -> dict[str, tuple[int, str, int]]:
    """What must stand of each id in the end."""
    newest: dict[str, Json] = {}
    for one in alerts:
        known = newest.setdefault(one["alert_id"], one)
        if one["revision"] > known["revision"]:
            newest[one["alert_id"]] = one
    return {alert_id: (one["revision"], one["status"], one["event_time"]) for alert_id, one in newest.items()}


def archived(archiving: Archiving) -> dict[str, tuple[int, str, int]]:
    rows = archiving.rows()
    assert len({row["alert_id"] for row in rows}) == len(rows)
    return {
        row["alert_id"]: (row["revision"], row["status"], round(row["event_time"].timestamp() * 1000))
        for row in rows
    }


async def caught_up(archive: Worker, alerts: Sequence[Json], archiving: Archiving) -> None:
    """Wait until every record is archived and committed."""
    await archiving.holds(len({one["alert_id"] for one in alerts}), 120)
    await eventually(lambda: lag(archive) == 0, 60)


def lag(archive: Worker) -> float | None:
    text = archive.get("/metrics") or ""
    lags = [line for line in text.splitlines() if line.startswith("detector_archive_lag_records{")]
    return sum(float(line.split()[-1]) for line in lags) if lags else None


async def test_alerts_of_both_topics_are_archived_and_what_is_none_is_passed_over(
    archiving: Archiving,
) -> None:
    alerts = [*real_alerts(), alert("shadow", mode="shadow"), alert("nul", entity={"user_id": "u\0secret"})]
    strange = [
        b"not json secret",
        None,
        b"{}",
        b'{"alert_id": "secret"}',
        json.dumps(alert("x", event_time=2**62)).encode(),
    ]
    await archiving.publish([*strange, *alerts])

    async with archiving.running() as archive:
        await archive.ready()
        await caught_up(archive, alerts, archiving)

        assert archived(archiving) == final(alerts)
        assert archive.metric("detector_archive_alerts_total", outcome="written") == len(alerts)
        assert archive.metric("detector_archive_alerts_total", outcome="refused") == len(strange)
        assert archive.metric("detector_archive_ready") == 1
        assert archive.stop() == 0

    log = archive.log.read_text()
    assert "secret" not in log
    assert log.count("not an alert, passed over") == 4
    assert log.count("cannot hold this alert") == 1


async def test_a_stopped_archive_leaves_the_group_and_the_next_reads_on(archiving: Archiving) -> None:
    async with archiving.running() as first:
        await first.ready()
        await archiving.publish([alert("a1")])
        await archiving.holds(1)
        assert first.stop() == 0
    await archiving.publish([alert("a2")])
    async with archiving.running() as second:
        await archiving.holds(2)
        await eventually(lambda: second.metric("detector_archive_alerts_total", outcome="written") == 1)
        assert second.metric("detector_archive_alerts_total", outcome="known") == 0


async def test_an_archive_that_is_killed_loses_and_doubles_nothing(archiving: Archiving) -> None:
    alerts = many_alerts(MANY)
    await archiving.publish(alerts)
    for number in (1_000, 5_000):
        async with archiving.running() as archive:
            await archiving.holds(number)
            archive.kill()
    assert archiving.count() < len(final(alerts))

    async with archiving.running() as archive:
        await caught_up(archive, alerts, archiving)

    assert archived(archiving) == final(alerts)


async def test_what_is_not_yet_written_when_it_is_killed_is_read_again(archiving: Archiving) -> None:
    async with archiving.running() as archive:
        await archiving.publish([alert("a0")])
        await archiving.holds(1)
        with archiving.postgres.connect(archiving.database) as other, other.transaction():
            other.execute("LOCK TABLE fraud.alerts IN EXCLUSIVE MODE")
            await archiving.publish([alert(f"a{number}") for number in range(1, 10)])
            await eventually(archiving.waits_for_a_lock)
            archive.kill()

    async with archiving.running():
        await archiving.holds(10)


async def test_two_archives_share_the_work_and_one_takes_over(archiving: Archiving) -> None:
    alerts = many_alerts(MANY)
    async with archiving.running() as first, archiving.running() as second:
        await first.ready()
        await second.ready()
        await archiving.publish(alerts[: MANY // 2])
        await archiving.holds(1_000)
        first.kill()
        await archiving.publish(alerts[MANY // 2 :])
        await caught_up(second, alerts, archiving)

    assert archived(archiving) == final(alerts)


async def test_postgresql_that_goes_away_is_waited_for(live: Live, own_postgres: RunningPostgres) -> None:
    # Given an archive in the middle of its work, whose group gives up on those who do not read for 5 seconds
    archiving = Archiving(live, own_postgres)
    alerts = many_alerts(MANY)
    await archiving.publish(alerts)
    async with archiving.running(DETECTOR_KAFKA__MAX_POLL_INTERVAL="5s") as archive:
        await archiving.holds(2_000)

        # When PostgreSQL crashes, and comes back later than that
        own_postgres.stop()
        await eventually(lambda: "postgresql" in archive.reasons())
        assert archive.metric("detector_archive_ready") == 0
        assert archive.metric("detector_archive_alerts_total", outcome="written") < MANY / 2
        assert archive.get("/livez") is not None
        await eventually(lambda: archiving.members() == 0)
        own_postgres.start()

        # Then it is ready again, and nothing is lost or doubled
        await caught_up(archive, alerts, archiving)
        await archive.ready()
        assert archive.stop() == 0
    assert archived(archiving) == final(alerts)


async def test_it_stops_while_postgresql_is_away(live: Live, own_postgres: RunningPostgres) -> None:
    archiving = Archiving(live, own_postgres)
    async with archiving.running() as archive:
        await archive.ready()
        own_postgres.stop()
        await archiving.publish([alert("a1")])
        await eventually(lambda: "postgresql" in archive.reasons())
        assert archive.stop() == 0
    own_postgres.start()
    async with archiving.running():
        await archiving.holds(1)
