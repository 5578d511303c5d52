"""The parts of the page that are charts and tables, each where the run has what it is made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from detector.replay.judged import Judged
from detector.replay.quality import Quality
from detector.replay.report.against_rows import differing_alerts, tallied
from detector.replay.report.charts.against import changes_by_rule
from detector.replay.report.charts.by_rule import by_rule
from detector.replay.report.charts.chart import Chart
from detector.replay.report.charts.delay import time_to_alert
from detector.replay.report.charts.over_time import by_rule_over_time, by_severity_over_time
from detector.replay.report.charts.shares import precision_by_rule, recall_by_kind
from detector.replay.report.charts.sweeps import alerts_by_value, precision_and_recall
from detector.replay.report.data import ReportData
from detector.replay.report.quality_rows import (
    judged_by_rule,
    missed_frauds,
    quality_by_kind,
    quality_by_rule,
)
from detector.replay.report.rule_rows import rule_table
from detector.replay.report.tables import Table
from detector.replay.report.words import number
from detector.replay.sweep import Sweep
from detector.replay.tally import KEYS, Tally, largest, tally
from detector.replay.what_if import Against, Answers

_MOST_NAMES = 50


class Section(NamedTuple):
    """A part of the page with its name in it, what to know first, its charts and its tables."""

    name: str
    title: str
    note: str = ""
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()


def sections(data: ReportData) -> Iterator[Section]:
    """All parts that this run fills, in the order of the page."""
    yield _rules(data)
    answers = data.answers
    if answers.against is not None:
        yield _against(answers, answers.against)
    if answers.quality is not None:
        yield _quality(answers.quality)
    if answers.judged is not None:
        yield _judged(answers.judged)
    if answers.sweeps:
        swept = [_sweep(f"sweep-{place}", sweep) for place, sweep in enumerate(answers.sweeps)]
        yield Section("sweeps", "Sweeps", charts=list(chain.from_iterable(swept)))
    if answers.around:
        note = "How many alerts each rule would raise with a lower or a higher threshold; all else as it is."
        charts = [alerts_by_value(f"around-{place}", sweep) for place, sweep in enumerate(answers.around)]
        yield Section("around", "Around the thresholds", note, charts)


def _rules(data: ReportData) -> Section:
    alerts = data.answers.standing.values()
    charts = [by_severity_over_time(alerts), by_rule(alerts), by_rule_over_time(alerts)] if alerts else []
    return Section("rules", "Rules", charts=charts, tables=[rule_table(data.rules, alerts)])


def _against(answers: Answers, against: Against) -> Section:
    found = against.comparison
    if found.is_empty:
        note = f"Against {against.name} nothing differs: all {number(found.same)} alerts are the same."
        return Section("against", "What changes", note)

    tallies = {
        name: _differing(tally(found, against.standing, answers.standing, key)) for name, key in KEYS.items()
    }
    tables = [differing_alerts(found)] + [
        tallied(name, largest(of_name, _MOST_NAMES)) for name, of_name in tallies.items()
    ]
    note = f"Against {against.name}; {number(found.same)} alerts are the same."
    return Section("against", "What changes", note, [changes_by_rule(against.name, tallies["rule"])], tables)


def _differing(tallies: list[Tally]) -> list[Tally]:
    return [one for one in tallies if one.added or one.removed or one.changed]


def _quality(found: Quality) -> Section:
    charts = [
        *([precision_by_rule(found.rules)] if found.rules else []),
        *([recall_by_kind(found.kinds)] if found.kinds else []),
        *([time_to_alert(found.kinds)] if any(kind.seconds for kind in found.kinds) else []),
    ]
    tables = [
        quality_by_kind(found.variants),
        quality_by_rule(found.rules),
        *([missed_frauds(found.missed)] if found.missed else []),
    ]
    note = (
        "Held against labels: an alert is right where an event of a fraud raised it or is among its evidence."
    )
    if found.absent:
        note += f" {number(found.absent)} labelled events are not among those that were read."
    if found.in_shadow:
        note += f" {number(found.in_shadow)} alerts of rules in shadow count in the table by rule only."
    return Section("quality", "Quality", note, charts, tables)


def _judged(found: Judged) -> Section:
    note = (
        f"Held against analysts' dispositions: of {number(found.alerts)} alerts nobody has looked at "
        f"{number(found.unjudged)}, {number(found.unclear)} were unclear. It says nothing of frauds that no "
        "rule ever alerted on."
    )
    if found.outside:
        note += f" {number(found.outside)} dispositions are of alerts before or after these events."
    return Section("judged", "What analysts said", note, tables=[judged_by_rule(found.rules)])


def _sweep(name: str, sweep: Sweep) -> Iterator[Chart]:
    yield alerts_by_value(name, sweep)
    if any(point.precision is not None and point.recall is not None for point in sweep.points):
        yield precision_and_recall(name, sweep)
