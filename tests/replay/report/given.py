"""Reports to look at: simulated traffic with frauds in it, through the real engine and the shipped rules."""

from collections.abc import Mapping, Sequence
from functools import cache

import msgspec

from detector.core.alert import Alert
from detector.core.events import Event, decode
from detector.core.rule import Comparison as Compared
from detector.core.rule import Operator, Rule, Window
from detector.replay.backtest import Backtest
from detector.replay.comparison import compare
from detector.replay.fact import Fact
from detector.replay.labels import Labelled
from detector.replay.quality import Observed, Quality, quality
from detector.replay.report import ReportData
from detector.replay.standing import standing
from detector.replay.summary import Summary
from detector.replay.sweep import Sweep, SweepPoint
from detector.replay.what_if import Against, Answers
from detector.rules.rule_set import rules_in_force
from detector.simulate import Traffic, encode, simulate

MADE_AT = 1_767_300_000_000
_TRAFFIC = Traffic(users=300, events=12_000, seed=7, fraud=0.1)


@cache
def simulated() -> tuple[list[bytes], list[Labelled]]:
    """The lines of some traffic, and its labels."""
    lines, labels = [], []
    for one in simulate(_TRAFFIC):
        lines.append(encode(one.event))
        if one.label is not None:
            labels.append(Labelled(one.label.event_id, one.label.fraud_id, one.label.kind, one.label.role))
    return lines, labels


def run(rules: Sequence[Rule]) -> tuple[Summary, dict[str, Alert]]:
    """What the traffic comes to under some rules."""
    test = Backtest(rules, allowed_lateness=600_000, history_cap=5_000)
    return test.summary, standing(test.run(simulated()[0]))


@cache
def catalogue() -> list[Rule]:
    return rules_in_force([], with_catalogue=True)


@cache
def candidate() -> list[Rule]:
    """The catalogue with a burst that begins at two debits, and without the drip."""
    changed = [_from(rule, 2) if rule.id == "no-password-burst" else rule for rule in catalogue()]
    return [rule for rule in changed if rule.id != "no-password-drip"]


def _from(rule: Rule, count: int) -> Rule:
    assert isinstance(rule.body, Window)
    (condition,), *others = rule.body.when
    changed = msgspec.structs.replace(condition, comparisons=(Compared(operator=Operator.GTE, value=count),))
    body = msgspec.structs.replace(rule.body, when=((changed,), *others))
    return msgspec.structs.replace(rule, body=body)


def facts() -> dict[str, Fact]:
    labelled = {label.event_id for label in simulated()[1]}
    events = [decode(line) for line in simulated()[0]]
    return {event.event_id: _fact(event) for event in events if event.event_id in labelled}


def _fact(event: Event) -> Fact:
    return Fact(
        event.event_id,
        event.user_id,
        event.type,
        event.event_time,
        *(getattr(event, name, None) for name in Fact._fields[4:]),
    )


def judged_by_labels(alerts: dict[str, Alert]) -> Quality:
    return quality(alerts.values(), simulated()[1], facts(), Observed(_TRAFFIC.users, 4 * 3_600_000))


SWEEP = Sweep(
    "no-password-burst",
    "when.0.count.gte",
    [
        SweepPoint(str(count), alerts, right / alerts, caught / 16, count == 5, right, caught, 16)
        for count, alerts, right, caught in [
            (2, 310, 20, 16), (3, 90, 20, 16), (4, 31, 19, 16), (5, 18, 17, 15), (6, 14, 14, 13), (8, 9, 9, 9)
        ]
    ],
)  # fmt: skip


@cache
def full() -> ReportData:
    """A run with all that can be found out about it."""
    summary, alerts = run(candidate())
    _, before = run(catalogue())
    quality = judged_by_labels(alerts)
    against = Against("rules-in-force/", before, compare(before, alerts), judged_by_labels(before), None)
    return ReportData(
        sources=["events.ndjson"],
        made_at=MADE_AT,
        summary=summary,
        rules=candidate(),
        answers=Answers(alerts, against, quality, None, (SWEEP,), (SWEEP, SWEEP, SWEEP)),
        facts=facts(),
    )


def only_alerts(standing: Mapping[str, Alert]) -> ReportData:
    """A run of which nothing is known but these alerts."""
    return full()._replace(answers=Answers(standing, None, None, None, (), ()), facts={})


def plain() -> ReportData:
    """A run of which nothing is known but its alerts."""
    return only_alerts(full().answers.standing)


def quiet() -> ReportData:
    """A run without any alert."""
    return only_alerts({})._replace(summary=Summary(events=3))
