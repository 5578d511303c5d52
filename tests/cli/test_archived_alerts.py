"""`detector alerts show` and `mark`, and `detector archive --migrate-only`, on a real PostgreSQL."""

import asyncio
import getpass
import json
import sys
from pathlib import Path

import pytest

from detector.archive.start import migrated
from detector.archive.writing import write
from detector.config import ArchiveSettings
from detector.core.disposition import Disposition
from detector.replay.labels import Judgement, read_labels
from tests.archive.given import Json, alert, archivable, withdrawal
from tests.cli.conftest import Done, Run
from tests.servers.postgres import RunningPostgres


@pytest.fixture
def settings(postgres: RunningPostgres, monkeypatch: pytest.MonkeyPatch) -> ArchiveSettings:
    """Those of an empty database, which are in force."""
    found = postgres.settings_of(postgres.new_database())
    monkeypatch.setenv("DETECTOR_ARCHIVE__URL", found.url)
    monkeypatch.setenv("DETECTOR_ARCHIVE__USERNAME", "postgres")
    return found


def fill(settings: ArchiveSettings, *alerts: Json) -> None:
    async def archive() -> None:
        async with await migrated(settings) as connection:
            await write(connection, archivable(*alerts))

    asyncio.run(archive())


def test_an_alert_is_shown_with_its_evidence_and_how_it_was_marked(
    settings: ArchiveSettings, detector: Run
) -> None:
    fill(settings, alert("a1"))

    shown = detector("alerts", "show", "a1")

    assert (shown.code, shown.err) == (0, "")
    assert shown.out.splitlines() == [
        " HIGH  Burst of no-password debits  短时间内多笔免密支付",
        "  who   user_id u1, at 2026-01-01 00:04:27 UTC",
        "  why   5 no-password debits",
        "        5笔免密支付",
        "  do    hold_and_notify",
        "  alert no-password-burst a1.1, 5 events",
        "",
        "    2026-01-01 00:04:07  debit  e4",
        "    2026-01-01 00:04:27  debit  e5",
        "    and 3 earlier",
        "  mark  none yet",
    ]


def test_the_newest_mark_counts_and_the_one_before_is_kept(
    settings: ArchiveSettings, detector: Run, postgres: RunningPostgres
) -> None:
    fill(settings, alert("a1"))

    assert detector("alerts", "mark", "a1", "confirmed", "--by", "ann") == Done(0, "", "a1: confirmed\n")
    assert detector("alerts", "mark", "a1", "false_positive", "--note", "a gift").code == 0

    shown = detector("alerts", "show", "a1").out
    assert f"  mark  false_positive by {getpass.getuser()}, 2" in shown
    assert shown.rstrip().endswith("UTC: a gift")
    with postgres.connect(settings.database) as connection:
        kept = connection.execute(
            "SELECT disposition, marked_by FROM fraud.dispositions ORDER BY id"
        ).fetchall()
    assert kept == [("confirmed", "ann"), ("false_positive", getpass.getuser())]


def test_several_are_marked_from_standard_input_all_or_none(settings: ArchiveSettings, detector: Run) -> None:
    fill(settings, alert("a1"), alert("a2"))

    wrong = detector("alerts", "mark", "-", "confirmed", given="a1\nx1\nx2\n")

    assert (wrong.code, wrong.out) == (1, "")
    assert [line.split(" in the archive")[0] for line in wrong.err.splitlines()] == [
        "no alert x1",
        "no alert x2",
    ]
    assert "mark  none yet" in detector("alerts", "show", "a1").out
    assert (
        detector("alerts", "mark", "-", "confirmed", given="a1\na2\n").err == "a1: confirmed\na2: confirmed\n"
    )
    assert "mark  confirmed by" in detector("alerts", "show", "a2").out


def test_dispositions_are_printed_as_a_backtest_reads_them(
    settings: ArchiveSettings, detector: Run, tmp_path: Path
) -> None:
    later = alert("a0")["event_time"] + 1
    fill(settings, alert("a2", case_id="c2", event_time=later), alert("a1"), alert("unmarked"))
    for marked in (("a1", "confirmed"), ("a2", "unclear"), ("a2", "false_positive")):
        detector("alerts", "mark", *marked)

    done = detector("alerts", "dispositions")

    path = tmp_path / "dispositions.ndjson"
    path.write_text(done.out)
    assert (done.code, done.err) == (0, "")
    assert read_labels(path).judgements == [
        Judgement("a1", Disposition.CONFIRMED, "c1", later - 1),
        Judgement("a2", Disposition.FALSE_POSITIVE, "c2", later),
    ]
    assert json.loads(done.out.splitlines()[0]).keys() == {
        "alert_id",
        "case_id",
        "rule_id",
        "event_time",
        "disposition",
        "marked_at",
    }


def test_nothing_is_marked_without_a_word(settings: ArchiveSettings, detector: Run) -> None:
    done = detector("alerts", "mark", "-", "confirmed", given="\n")
    assert (done.code, done.err) == (1, "standard input has no alert id, nothing is marked\n")


def test_as_json_it_is_the_row(settings: ArchiveSettings, detector: Run) -> None:
    raised = alert("a1", mode="shadow")
    fill(settings, raised, withdrawal(raised, 2))

    row = json.loads(detector("alerts", "show", "a1", "--json").out)

    assert (row["status"], row["revision"], row["mode"], row["disposition"]) == (
        "withdrawn",
        2,
        "shadow",
        None,
    )
    assert (row["evidence"], row["title_zh"]) == (raised["evidence"], raised["title"]["zh"])
    assert row["event_time"] == "2026-01-01T00:04:27.68+00:00"


def test_an_alert_that_is_not_there_is_one_line(settings: ArchiveSettings, detector: Run) -> None:
    fill(settings)
    line = "no alert x in the archive: is the id right, and has the alert been archived yet?\n"

    assert detector("alerts", "show", "x") == Done(1, "", line)
    assert detector("alerts", "mark", "x", "confirmed") == Done(1, "", line)


def test_another_word_than_those_known_is_wrong_usage(detector: Run) -> None:
    assert detector("alerts", "mark", "a1", "maybe").code == 2


def test_an_archive_without_tables_says_what_makes_them_and_that_does(
    settings: ArchiveSettings, detector: Run
) -> None:
    missing = detector("alerts", "show", "x")
    assert missing.code == 1
    assert missing.err.endswith("; `detector archive --migrate-only` makes the tables\n")
    assert len(missing.err.splitlines()) == 1

    assert detector("archive", "--migrate-only").code == 0

    assert detector("alerts", "show", "x").err.startswith("no alert x")


@pytest.mark.parametrize(
    "command",
    [
        ("archive",),
        ("alerts", "show", "a1"),
        ("alerts", "mark", "a1", "unclear"),
        ("alerts", "dispositions"),
    ],
)
def test_without_psycopg_it_says_what_to_install(
    detector: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    assert detector(*command) == Done(
        1, "", "the archive needs psycopg: install streaming-fraud-detector[archive]\n"
    )


def test_an_alert_is_explained_by_its_id(
    settings: ArchiveSettings, detector: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    events = tmp_path / "events.ndjson"
    paid = {"type": "debit", "amount": 900, "currency": "CNY", "merchant_id": "m1", "auth_method": "none"}
    debits = [
        {"event_id": f"e{n}", "event_time": 1_767_225_600_000 + n, "user_id": "u1", **paid} for n in range(5)
    ]
    events.write_text("\n".join(map(json.dumps, debits)))
    [raised] = [json.loads(line) for line in detector("backtest", "--events", str(events)).out.splitlines()]
    fill(settings, raised)

    done = detector("alerts", "explain", raised["alert_id"], "--events", str(events))

    assert (done.code, done.err) == (0, "")
    assert raised["explanation"]["en"] in done.out
    assert f"alert {raised['alert_id']}, revision 1: raised by e4" in done.out
    assert "✓ count 5 (≥ 5)" in done.out
    unknown = detector("alerts", "explain", "x1", "--events", str(events))
    assert unknown.code == 1
    assert unknown.err.startswith("no alert x1 in the archive")
