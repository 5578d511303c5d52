"""`detector rules lint` and `test` as a user runs them."""

import subprocess
import sys
from pathlib import Path

import pytest

from detector.rules.rule_set import CATALOGUE

from .contradictions import when, window

GOOD = window("{event: debit, within: 5m}")
TEST = "tests: [{name: quiet, events: [{at: 0s, type: debit}], alerts: []}]\n"


@pytest.fixture
def run(tmp_path):
    def ran(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "detector", "rules", *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": str(Path(__file__).parents[2]), "COLUMNS": "200"},
        )

    return ran


def write(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)


def test_the_shipped_rules_have_nothing_to_say_of(run):
    done = run("lint", CATALOGUE)
    number = len(list(CATALOGUE.iterdir()))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"{number} files, 0 with faults\n")


def test_faults_stand_file_by_file_from_top_to_bottom_and_a_warning_fails_nothing(run, tmp_path):
    write(tmp_path / "rules/r.yaml", GOOD)
    write(
        tmp_path / "rules/b.yaml",
        GOOD.replace("id: r", "id: b").replace("gte", "lt").replace("2", "0") + TEST.replace("debit", "debt"),
    )
    write(
        tmp_path / "rules/a.yaml",
        when("[{count: {gte: 2}}, {count: {lt: 0}}]").replace("id: r", "id: a") + "cooldown: 0\n" + TEST,
    )
    done = run("lint", "rules")
    assert done.stdout.splitlines() == [
        "rules/a.yaml:5:11: 'cooldown' must be a duration such as 90s, 10m, 24h or 30d, found 0: write 0s",
        "rules/b.yaml:5:47: 'debt' is no event type; did you mean 'debit'?",
        "rules/r.yaml:1:1: warning: the rule carries no tests: "
        "add 'tests' with one that fires and one that does not",
    ]
    assert (done.returncode, done.stderr) == (1, "3 files, 2 with faults\n")
    write(tmp_path / "rules/a.yaml", when("{count: {lt: 0, gte: 0}}").replace("id: r", "id: a") + TEST)
    done = run("lint", "rules/a.yaml", "rules/r.yaml")
    assert [line.split(": ")[0] for line in done.stdout.splitlines()] == [
        "rules/a.yaml:4:20",
        "rules/r.yaml:1:1",
    ]
    assert run("lint", "rules/r.yaml").returncode == 0


def test_an_id_that_stands_in_two_files_is_a_fault_where_it_stands_again(run, tmp_path):
    write(tmp_path / "one/r.yaml", GOOD + TEST)
    write(tmp_path / "two/r.yaml", "# again\n" + GOOD + TEST)
    done = run("lint", "one", "two")
    assert done.stdout == "two/r.yaml:2:5: the id 'r' stands in one/r.yaml too: give one of them another\n"
    assert (done.returncode, done.stderr) == (1, "2 files, 1 with faults\n")
    assert run("lint", "two", "two/r.yaml").stdout == ""


def test_the_settings_say_how_much_history_there_is(run, tmp_path):
    write(tmp_path / "r.yaml", window("{event: debit, within: 2d}") + TEST)
    write(tmp_path / "detector.yaml", "state:\n  longest_history: 1d\n")
    assert run("lint", "r.yaml").returncode == 0
    done = run("lint", "r.yaml", "--config", "detector.yaml")
    assert done.stdout.startswith("r.yaml:3:32: the rule looks back 2d, and 1d are kept at most")
    assert done.returncode == 1


@pytest.mark.parametrize("command", ["lint", "test"])
def test_a_path_that_is_not_there_or_holds_no_rules_is_wrong_usage(run, tmp_path, command):
    (tmp_path / "empty").mkdir()
    for path, message in (
        ("none", "path 'none' does not exist."),
        ("empty", "'empty' holds no rule files (*.yaml, *.yml)"),
    ):
        done = run(command, path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines()[-1] == f"Error: Invalid value for 'PATH...': {message}"


def test_a_rule_with_faults_is_not_tested(run, tmp_path):
    write(tmp_path / "r.yaml", when("{count: {lt: 0}}") + TEST)
    done = run("test", "r.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "r.yaml:4:20: 'count' is never lt 0: it is at least 1\n"
