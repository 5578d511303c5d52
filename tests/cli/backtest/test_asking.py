"""What options ask, and what is said of those that cannot be answered."""

from pathlib import Path

import pytest
import typer

from detector.cli.backtest.asking import Wanted, questions, rulebooks
from detector.config import Settings
from detector.replay.labels import BadLabelsError
from detector.replay.variants import SweepSpec
from detector.replay.what_if import Questions
from detector.rules.faults import RuleFaultsError
from detector.rules.rule_set import CATALOGUE, files_in_force

SETTINGS = Settings()
FILES = files_in_force([], True)


def asked(
    against: Path | None = None,
    labels: Path | None = None,
    sweeps: tuple[str, ...] = (),
    report: Path | None = None,
) -> Questions:
    wanted = Wanted(against, labels, sweeps, report, as_json=False)
    return questions(wanted, rulebooks(SETTINGS, against, None), SETTINGS)


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


def test_a_sweep_that_cannot_be_run_is_wrong_usage():
    with pytest.raises(typer.BadParameter, match="no rule 'none' is in force"):
        asked(sweeps=("none:cooldown=1h",))


def test_labels_that_cannot_be_used_are_told_with_their_line(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("id\ne1\n")
    with pytest.raises(BadLabelsError, match=r"labels\.csv:2: labels need event_id"):
        asked(labels=path)


def test_a_report_shows_thresholds_around_the_rules_that_someone_works_on(tmp_path):
    shipped = CATALOGUE / "no-password-burst.yaml"
    changed = shipped.read_text().replace("{count: {gte: 5}}", "{count: {gte: 20}}")
    (tmp_path / shipped.name).write_text(changed)
    [spec] = charted(against=tmp_path)
    assert spec == SweepSpec(
        "no-password-burst", "when.0.count.gte", ("2", "3", "4", "5", "6", "7", "8", "9", "10")
    )
    (tmp_path / shipped.name).unlink()
    assert charted(against=tmp_path) == []


def test_where_all_rules_are_as_shipped_a_report_shows_them_all_but_for_what_is_swept_anyway():
    path = "no-password-burst:when.0.count.gte"
    shown = {f"{spec.rule_id}:{spec.path}" for spec in charted()}
    assert path in shown
    assert {f"{spec.rule_id}:{spec.path}" for spec in charted(sweeps=(f"{path}=3..4",))} == shown - {path}


def test_around_a_threshold_stand_only_values_that_the_rule_can_have(tmp_path):
    (tmp_path / "r.yaml").write_text(
        "id: r\nby: user_id\nwindow: {event: debit, within: 10m}\nwhen: {count: {gte: 2, lte: 3}}"
    )
    settings = SETTINGS.model_copy(
        update={"rules": SETTINGS.rules.model_copy(update={"dirs": [str(tmp_path)]})}
    )
    wanted = Wanted(None, None, (), Path("report.html"), as_json=False)
    [around] = questions(wanted, rulebooks(settings, None, None), settings).around
    assert (around.spec.path, around.spec.values) == ("when.count.gte", ("2", "3"))
    assert [variant.value for variant in around.variants] == ["2", "3"]


def charted(against: Path | None = None, sweeps: tuple[str, ...] = ()) -> list[SweepSpec]:
    return [one.spec for one in asked(against, sweeps=sweeps, report=Path("report.html")).around]
