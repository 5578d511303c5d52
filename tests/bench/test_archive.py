"""The archive's figures in the table."""

import pytest

from bench.archive import ArchiveRate
from bench.report import print_table
from tests.bench.made import results
from tests.bench.test_report import rows


def test_the_archive_has_its_rate(capsys: pytest.CaptureFixture[str]) -> None:
    found = results()
    found.archive = ArchiveRate(60_000, 1_200.0, 12.34, 6_000.4, 9_000.0)

    print_table(found)

    shown = rows(capsys.readouterr().out)
    assert shown["the archive, from a backlog"] == ["6,000 alerts/s, of 1,200 bytes on average"]
    assert shown["from its start to the last one"] == ["12.3 s for 60,000 alerts"]
