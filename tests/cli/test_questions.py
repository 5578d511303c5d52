"""What options ask, and what is said of those that cannot be answered."""

from pathlib import Path

import pytest
import typer

from detector.cli.questions import baseline_files, questions
from detector.config import Settings
from detector.replay.variants import SweepSpec
from detector.replay.what_if import Questions
from detector.rules.faults import RuleFaultsError
from detector.rules.rule_set import CATALOGUE, files_in_force

SETTINGS = Settings()
FILES = files_in_force([], True)


def asked(against: Path | None = None, labels: Path | None = None, sweeps: tuple[str, ...] = ()) -> Questions:
    return questions(against, baseline_files(against, SETTINGS), labels, sweeps, FILES, SETTINGS)


def test_nothing_is_asked_without_options():
    assert asked() == Questions()


def test_the_rules_to_compare_with_are_those_of_the_directory_and_the_catalogue(tmp_path):
    (tmp_path / "r.yaml").write_text(
        "id: r\nby: user_id\nwindow: {event: debit, within: 1h}\nwhen: {count: {gte: 2}}"
    )
    against = asked(against=tmp_path).against
    assert against.name == str(tmp_path)
    assert {rule.id for rule in against.rules} == {"r", *(file.rule.id for file in FILES)}


def test_a_directory_of_rules_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RuleFaultsError, match="no such file or directory"):
        asked(against=tmp_path / "none")


def test_labels_and_sweeps_are_read(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("event_id\ne1\n")
    found = asked(labels=path, sweeps=("no-password-burst:cooldown=1h,2h", "otp-drain:cooldown=1h"))
    assert found.watched == {"e1"}
    assert [len(one.variants) for one in found.sweeps] == [2, 1]


def test_for_a_report_the_rules_at_work_are_swept_around_their_thresholds(tmp_path):
    shipped = CATALOGUE / "no-password-burst.yaml"
    changed = shipped.read_text().replace("{count: {gte: 5}}", "{count: {gte: 20}}")
    (tmp_path / shipped.name).write_text(changed)
    mine = files_in_force([tmp_path], True)
    new = [asked.rule_id for asked in specs(questions(None, [], None, [], mine, SETTINGS, with_around=True))]
    assert new == ["no-password-burst"]
    against = questions(tmp_path, mine, None, [], FILES, SETTINGS, with_around=True)
    assert specs(against)[0].values == ("2", "3", "4", "5", "6", "7", "8", "9", "10")
    assert specs(questions(tmp_path, mine, None, [], mine, SETTINGS, with_around=True)) == []
    assert specs(questions(None, [], None, [], FILES, SETTINGS, with_around=True)) == []


def specs(found: Questions) -> list[SweepSpec]:
    return [one.spec for one in found.around]


def test_a_sweep_that_cannot_be_run_is_wrong_usage():
    with pytest.raises(typer.BadParameter, match="no rule 'none' is in force"):
        asked(sweeps=("none:cooldown=1h",))


def test_labels_that_cannot_be_used_end_the_command_with_one_line(tmp_path, capsys):
    path = tmp_path / "labels.csv"
    path.write_text("id\ne1\n")
    with pytest.raises(SystemExit) as ended:
        asked(labels=path)
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        f"{path}:2: labels need event_id, or alert_id and disposition; found: id\n"
    )
