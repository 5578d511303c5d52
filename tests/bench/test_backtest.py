"""A backtest is measured as a user runs it, and held against one engine."""

from pathlib import Path

import pytest

from bench import backtest
from bench.backtest import BacktestRun, measure_backtest
from bench.errors import BenchFailed
from bench.processes import OWN_CODE
from bench.report import print_table
from tests.bench.made import results
from tests.bench.test_report import rows


def test_a_backtest_has_its_rate_and_its_memory(capsys: pytest.CaptureFixture[str]) -> None:
    found = results()
    found.backtest = BacktestRun(1_000_000, 270_000_000, 10.0, 20.0, 450_000_000, 1_234)

    print_table(found)

    shown = rows(capsys.readouterr().out)
    assert shown["backtest of 1,000,000 events"] == ["100,000 events/s, all shipped rules"]
    assert shown["memory of all its processes, at most"] == ["450 MB"]
    assert shown["alerts, raised and withdrawn"] == ["1,234 alerts"]


def test_the_processes_of_a_backtest_are_measured() -> None:
    found = measure_backtest(2_000, OWN_CODE)
    assert found.events == 2_000
    assert found.bytes_read > 400_000
    assert found.cpu_seconds > 0
    assert found.peak_bytes > 20_000_000


def test_alerts_that_are_not_those_of_an_engine_are_no_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    def others(rules: object, file: Path) -> list[object]:
        return [{"alert_id": "another"}]

    monkeypatch.setattr(backtest, "_serial", others)
    with pytest.raises(BenchFailed, match="not those of an engine"):
        measure_backtest(2_000, OWN_CODE)
