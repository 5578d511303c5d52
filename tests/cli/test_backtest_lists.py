"""`detector backtest --lists`: lists from files, and the tiers among them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run

RULE = """\
id: r
by: user_id
severity: low
window: {event: debit, where: {merchant_id: {not_in_list: trusted}}, within: 10m}
when: {count: {gte: 1}}
overrides:
  - {where: {user_tier: elderly}, severity: high}
  - {where: {merchant_tier: C}, severity: medium}
cooldown: 0s
"""
Backtest = Callable[..., tuple[int, list[tuple[str, str]], str]]


@pytest.fixture
def backtest(tmp_path: Path, detector: Run) -> Backtest:
    """Runs a backtest of the rule over a debit at each of three merchants; gives code, alerts and stderr."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "r.yaml").write_text(RULE)
    events = tmp_path / "events.ndjson"
    common = {"type": "debit", "amount": 1, "currency": "CNY", "auth_method": "none"}
    debits = [
        common | {"event_id": shop, "event_time": at, "user_id": f"u-{shop}", "merchant_id": shop}
        for at, shop in enumerate(("m1", "m2", "m3"))
    ]
    events.write_text("\n".join(map(json.dumps, debits)))

    def run(*options: str) -> tuple[int, list[tuple[str, str]], str]:
        arguments = ["--events", str(events), "--rules", str(tmp_path / "rules"), "--no-catalogue"]
        code, out, err = detector("backtest", *arguments, *options)
        alerts = [json.loads(line) for line in out.splitlines()]
        found = [(alert["anchor"]["event_id"], alert["severity"]) for alert in alerts]
        return code, found, err

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "lists"
    found.mkdir()
    return found


def test_the_lists_of_a_directory_count_and_give_tiers(backtest: Backtest, folder: Path) -> None:
    (folder / "trusted.txt").write_text("m2\n")
    (folder / "notes.md").write_text("not a list")
    assert backtest("--lists", str(folder))[:2] == (0, [("m1", "low"), ("m3", "low")])
    (folder / "user_tier.txt").write_text("u-m1,elderly\n")
    (folder / "merchant_tier.txt").write_text("m1,C\nm3,C\n")
    assert backtest("--lists", str(folder))[:2] == (0, [("m1", "high"), ("m3", "medium")])


def test_a_list_that_is_missing_is_refused_with_the_rule_and_the_way_out(
    backtest: Backtest, folder: Path, tmp_path: Path
) -> None:
    where = f"{tmp_path / 'rules' / 'r.yaml'}:4:59: rule r needs the list trusted, which is not there"
    makes = "detector lists export trusted"
    assert backtest() == (
        1,
        [],
        f"{where}: name the directory that holds trusted.txt with --lists; '{makes} trusted.txt' makes it\n",
    )
    assert backtest("--lists", str(folder)) == (
        1,
        [],
        f"{where}: '{makes} {folder / 'trusted.txt'}' makes it\n",
    )


def test_what_is_wrong_in_the_files_is_named_file_by_file(
    backtest: Backtest, folder: Path, tmp_path: Path
) -> None:
    (folder / "trusted.txt").write_text("m1\nm2,x\n")
    (folder / "user_tier.txt").write_text("u1\n")
    (folder / "not good.txt").write_text("")
    code, _, err = backtest("--lists", str(folder))
    assert code == 1
    assert [line.removeprefix(f"{folder}/").split(": ")[0] for line in err.splitlines()] == [
        "not good.txt:1:1",
        "trusted.txt:2:1",
        "user_tier.txt:1:1",
    ]
    none = tmp_path / "none"
    assert backtest("--lists", str(none)) == (1, [], f"{none}:1:1: no such directory\n")
