"""What the head of the page says of a run."""

from collections import Counter

from detector.core.events import Reason
from detector.replay.report import report
from detector.replay.report.figures import Figure, figures
from detector.replay.report.run_facts import partial, run_facts
from detector.replay.share import Share
from detector.replay.summary import Interruption, Summary

from .given import full, plain, quiet

HOUR = 3_600_000


def by_name(found: list[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in found}


def test_without_questions_there_are_events_alerts_and_the_money_at_stake():
    assert [figure.name for figure in figures(plain())] == ["Events", "Alerts", "At stake"]


def test_every_answer_has_its_figure():
    found = by_name(list(figures(full())))
    assert list(found) == ["Events", "Alerts", "At stake", "Precision", "Recall", "Noise", "What changes"]
    assert found["Events"] == Figure("Events", "12,000", "of 300 users in 6 h 39 min")


def test_a_share_comes_with_its_counts_its_interval_and_what_it_was():
    answers = full().answers
    assert answers.quality is not None and answers.against is not None and answers.against.quality is not None
    worse = answers.against._replace(quality=answers.against.quality._replace(precision=Share(1, 4)))
    better = answers._replace(quality=answers.quality._replace(precision=Share(9, 10)), against=worse)
    precision = by_name(list(figures(full()._replace(answers=better))))["Precision"]
    assert precision.value == "90.0%"
    assert precision.note == "9 of 10 alerts are about a fraud (95 %: 59.6% to 98.2%); 25.0% before"


def test_a_change_says_what_comes_and_goes():
    answers = full().answers
    assert answers.against is not None
    one, *_ = answers.standing.values()
    found = answers.against.comparison._replace(added=[one] * 3, removed=[one], changed=[], same=1_234)
    changed = full()._replace(answers=answers._replace(against=answers.against._replace(comparison=found)))
    figure = by_name(list(figures(changed)))["What changes"]
    assert figure.value == "+3 / -1"
    assert figure.note == "alerts added and removed against rules-in-force/; 0 changed, 1,234 the same"


def test_a_run_of_nothing_has_no_times():
    assert [name for name, _ in run_facts(quiet().summary)] == ["Published", "Duplicates, late events"]


def test_a_run_says_its_times_its_rate_and_what_it_refused():
    summary = Summary(
        events=5_000,
        duplicates=2,
        late=3,
        refused=Counter({Reason.NOT_JSON: 1, Reason.BAD_FIELD: 4}),
        published=7,
        seconds=2.5,
        first_event_time=0,
        last_event_time=HOUR,
    )
    assert list(run_facts(summary)) == [
        ("Event times", "1970-01-01 00:00:00 to 1970-01-01 01:00:00 UTC"),
        ("Took", "2 s, 2,000 events a second"),
        ("Published", "7 times an alert was raised, raised anew or withdrawn"),
        ("Duplicates, late events", "2, 3"),
        ("Refused lines", "bad_field 4, not_json 1"),
    ]


def test_a_run_that_was_stopped_says_what_it_covers():
    assert "by user saw 25% of the users' events" in partial(Interruption(by_merchant=False, share=0.25))
    assert "by merchant 25% of the merchants' events" in partial(Interruption(by_merchant=True, share=0.25))


def test_only_the_page_of_a_run_that_was_stopped_has_a_banner():
    stopped = Summary(interruption=Interruption(by_merchant=False, share=0.25))
    assert "This run was stopped before its end" in report(quiet()._replace(summary=stopped))
    assert "This run was stopped before its end" not in report(quiet())
