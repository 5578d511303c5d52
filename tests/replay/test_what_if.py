"""All that is asked of a run is run in one pass, and answered."""

import json
from pathlib import Path

from detector.config import StateSettings
from detector.core.disposition import Disposition
from detector.core.rule import Rule
from detector.replay.backtest import Backtest
from detector.replay.documents import answers_document, sweep_document
from detector.replay.fact import Fact
from detector.replay.labels import Judgement, Labelled, Labels
from detector.replay.variants import read_sweep, variants
from detector.replay.what_if import BASELINE, CANDIDATE, SWEEP, Answers, Baseline, Questions, Ran, answer
from detector.rules.reader import RuleFile, read_rule

from ..core.given import MINUTE
from .test_backtest import LATENESS, debit

STATE = StateSettings()
EVENTS = [debit(f"e{n}", n * MINUTE, user_id=f"u{n // 4}") for n in range(8)]
"""Four debits of each of two users."""


def file_of(tmp_path: Path, count: int) -> RuleFile:
    path = tmp_path / str(count) / "r.yaml"
    path.parent.mkdir()
    path.write_text(
        f"id: r\nby: user_id\nwindow: {{event: debit, within: 1h}}\nwhen: {{count: {{gte: {count}}}}}"
    )
    return read_rule(path)


def answered(questions: Questions, *rules: Rule) -> Answers:
    """What a run with these rules in force answers."""
    sets = questions.rule_sets(rules)
    lines = [json.dumps(event).encode() for event in EVENTS]
    facts = {
        event["event_id"]: Fact(
            event["event_id"], event["user_id"], event["type"], event["event_time"], 100, None, None, None
        )
        for event in EVENTS
        if event["event_id"] in questions.watched
    }
    ran = Ran(
        alerts=lambda name: Backtest(sets[name], LATENESS, STATE.history_cap).run(lines),
        facts=facts,
        users=2,
        period=(0, 7 * MINUTE),
    )
    return answer(questions, ran)


def test_without_a_question_only_the_rules_in_force_run(tmp_path):
    rule = file_of(tmp_path, 3).rule
    assert Questions().rule_sets([rule]) == {CANDIDATE: (rule,)}
    found = answered(Questions(), rule)
    assert len(found.standing) == 2
    assert found[1:] == (None, None, None, (), ())
    assert answers_document(found) == {}


def test_rules_are_compared_with_those_of_the_baseline(tmp_path):
    candidate, baseline = file_of(tmp_path, 5), file_of(tmp_path, 3)
    questions = Questions(Baseline("old/", (baseline.rule,)))
    assert questions.rule_sets([candidate.rule]) == {CANDIDATE: (candidate.rule,), BASELINE: (baseline.rule,)}
    against = answered(questions, candidate.rule).against
    assert (len(against.comparison.removed), against.comparison.added) == (2, [])
    assert (against.name, len(against.standing), against.quality) == ("old/", 2, None)


def test_labels_are_held_against_the_alerts_before_and_after(tmp_path):
    candidate, baseline = file_of(tmp_path, 5), file_of(tmp_path, 3)
    labels = Labels([Labelled("e1", "f"), Labelled("absent", "g")], [])
    questions = Questions(Baseline("old/", (baseline.rule,)), labels)
    assert questions.watched == {"e1", "absent"}
    found = answered(questions, candidate.rule)
    assert (found.quality.all.recall.value, found.against.quality.all.recall.value) == (0.0, 1.0)
    assert (found.quality.absent, found.quality.users) == (1, 2)
    assert answers_document(found)["against"]["quality"]["all"]["recall"]["value"] == 1.0


def test_dispositions_are_held_against_the_alerts(tmp_path):
    rule = file_of(tmp_path, 3).rule
    alert_id = next(iter(answered(Questions(), rule).standing))
    labels = Labels([], [Judgement(alert_id, Disposition.FALSE_POSITIVE, event_time=7 * MINUTE)])
    found = answered(Questions(labels=labels), rule)
    assert (found.quality, found.judged.precision, found.judged.outside) == (None, (0, 1), 0)


def test_all_sweeps_run_in_one_set_and_are_held_against_the_labels(tmp_path):
    file = file_of(tmp_path, 3)
    counts = variants(read_sweep("r:when.count.gte=3..5"), [file], STATE)
    again = variants(read_sweep("r:when.count.gte=5,6"), [file], STATE)
    questions = Questions(None, Labels([Labelled("e1", "f")], []), (counts, again))
    assert len(questions.rule_sets([file.rule])[SWEEP]) == 4
    first, second = answered(questions, file.rule).sweeps
    assert [point.alerts for point in first.points] == [2, 2, 0]
    assert [point.caught for point in first.points] == [1, 1, 0]
    assert [point.alerts for point in second.points] == [0, 0]


def test_sweeps_around_thresholds_are_answered_apart(tmp_path):
    file = file_of(tmp_path, 3)
    asked = variants(read_sweep("r:when.count.gte=4"), [file], STATE)
    around = variants(read_sweep("r:when.count.gte=4,5"), [file], STATE)
    for sweeps in ((asked,), ()):
        found = answered(Questions(None, None, sweeps, (around,)), file.rule)
        assert [point.alerts for point in found.around[0].points] == [2, 0]
        assert len(found.sweeps) == len(sweeps)
        assert answers_document(found).get("sweeps", []) == [sweep_document(one) for one in found.sweeps]


def test_sweeps_without_labels_of_events_know_no_frauds(tmp_path):
    file = file_of(tmp_path, 3)
    counts = variants(read_sweep("r:when.count.gte=3"), [file], STATE)
    for labels in (None, Labels([], [Judgement("a", Disposition.UNCLEAR)])):
        point = answered(Questions(None, labels, (counts,)), file.rule).sweeps[0].points[0]
        assert (point.alerts, point.precision) == (2, None)
