"""What is printed and written."""

import json
from pathlib import Path

import pytest

from bench.report import print_table, write_json
from tests.bench.made import matrix, results


def rows(printed: str) -> dict[str, list[str]]:
    """The values and units of the table by figure, in order."""
    found: dict[str, list[str]] = {}
    for line in printed.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3:
            found.setdefault(cells[0], []).append(f"{cells[1]} {cells[2]}")
    return found


def test_every_case_has_its_rate_with_the_spread_and_is_held_against_the_base(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(results())
    found = rows(capsys.readouterr().out)
    assert found["base case: 50,000 users, 16 rules"] == ["20,000 events/s (10,000 to 30,000 in 3 runs)"]
    for name in (
        *("10,000 users", "100,000 users", "1,000,000 users", "2 rules", "100 rules"),
        *("events of 200 bytes", "events of 1,024 bytes", "keys: by Zipf, exponent 1", "workers: 2"),
    ):
        (rate,) = found[name]
        assert "in 2 runs" in rate
    ratios = found["per second of the workers' CPU"]
    assert len(ratios) == len(matrix())
    assert ratios[0] == "40,000 events, 1.00 times the base case"
    assert all("0.5" in ratio for ratio in ratios[1:])
    assert found["memory of them / Redis"][0] == "200 / 6 MB, 200 bytes of Redis an event"


def test_throughput_is_the_median_of_its_runs_with_their_spread(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(results())
    found = rows(capsys.readouterr().out)
    assert found["one worker, all shipped rules"] == ["20,000 events/s (10,000 to 30,000 in 3 runs)"]
    assert "40,000 events" in found["per second of the worker's CPU"]


def test_every_rate_has_its_latency(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(results())
    found = rows(capsys.readouterr().out)
    for rate in ("1,000", "2,000"):
        assert found[f"alert latency p50, {rate} events/s"] == ["10.0 ms (9.0 11.0 10.0)"]
        assert found[f"alert latency p99, {rate} events/s"] == ["30.0 ms (27.0 33.0 30.0)"]


def test_a_restart_is_told_from_both_moments(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(results())
    found = rows(capsys.readouterr().out)
    assert found["restart with 100,000 users, to the first alert"] == ["3.50 s (3.50)"]
    assert found["from the assignment of its partitions"] == ["0.40 s (0.40)"]
    assert found["the worker's memory by then"] == ["120 MB, 103,000 keys in Redis"]


def test_what_follows_from_the_runs_is_written_beside_them(tmp_path: Path) -> None:
    write_json(results(), tmp_path / "deep" / "figures.json")
    found = json.loads((tmp_path / "deep" / "figures.json").read_text())
    base = found["matrix"][0]
    assert (base["rate"], base["cpu_rate"], len(base["runs"])) == (20_000, 40_000, 3)
    assert (found["throughput"]["events_per_second"], len(found["throughput"]["runs"])) == (20_000, 3)
    assert [latency["p99"] for latency in found["latency"]] == [30, 30]
    assert found["restart"]["from_ready"] == 0.4
    assert found["peers"][0]["rate"] == 7_500
