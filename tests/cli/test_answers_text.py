"""All answers of a backtest, one after the other."""

from detector.cli.answers_text import print_answers
from detector.core.disposition import Disposition
from detector.replay.comparison import compare
from detector.replay.judged import judged
from detector.replay.labels import Judgement, Labelled
from detector.replay.quality import Observed, quality
from detector.replay.sweep import Sweep, SweepPoint
from detector.replay.what_if import Against, Answers

from ..replay.given import alert, by_id

BEFORE, AFTER = by_id(alert("a")), by_id(alert("a"), alert("b", 90))


def told(capsys, answers: Answers) -> list[str]:
    print_answers(answers)
    return [line.split(":")[0].strip() for line in capsys.readouterr().out.splitlines()]


def test_each_answer_that_was_asked_for_is_printed_with_what_was_before(capsys):
    labels = [Labelled("x", "f")]
    good, worse = (quality(one.values(), labels, {}, Observed(1, 1)) for one in (AFTER, BEFORE))
    against = Against("old/", BEFORE, compare(BEFORE, AFTER), worse, None)
    sweep = Sweep("r", "cooldown", [SweepPoint("1h", 2, None, None, True)])
    lines = told(capsys, Answers(AFTER, against, good, None, (sweep,), ()))
    assert [line for line in lines if line in ("alerts against old/", "precision", "before", "r")] == [
        "alerts against old/",
        "precision",
        "before",
        "precision",
        "r",
    ]


def test_dispositions_are_told_in_the_same_way(capsys):
    said = [Judgement("a", Disposition.CONFIRMED)]
    against = Against("old/", BEFORE, compare(BEFORE, AFTER), None, judged(BEFORE.values(), said, (0, 9)))
    lines = told(capsys, Answers(AFTER, against, None, judged(AFTER.values(), said, (0, 9)), (), ()))
    assert lines.count("recall") == 2


def test_what_was_not_asked_is_not_told(capsys):
    assert told(capsys, Answers(AFTER, None, None, None, (), ())) == []
