"""What is asked of a backtest beside its alerts, and what its run answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from detector.core.alert import Alert
from detector.core.rule import Rule
from detector.replay.comparison import Comparison, compare
from detector.replay.fact import Fact
from detector.replay.frauds import frauds_of
from detector.replay.judged import Judged, judged
from detector.replay.labels import Labels
from detector.replay.quality import Observed, Quality, quality
from detector.replay.standing import standing
from detector.replay.sweep import Sweep, sweep
from detector.replay.variants import Variants

CANDIDATE = "candidate"
BASELINE = "baseline"
SWEEP = "sweep"


class Baseline(NamedTuple):
    """The rules to compare with, under their name for the user."""

    name: str
    rules: tuple[Rule, ...]


class Questions(NamedTuple):
    """What is asked.

    Args:
        against: a comparison with other rules.
        labels: how good the alerts are, by what is known to be fraud.
        sweeps: what other values of a parameter would give.
        around: the same around thresholds, for a report's charts.
    """

    against: Baseline | None = None
    labels: Labels | None = None
    sweeps: tuple[Variants, ...] = ()
    around: tuple[Variants, ...] = ()

    def rule_sets(self, rules: Iterable[Rule]) -> dict[str, tuple[Rule, ...]]:
        """All that has to run over the events, by name; `rules` are those in force."""
        sets = {CANDIDATE: tuple(rules)}
        if self.against is not None:
            sets[BASELINE] = self.against.rules
        if self.sweeps or self.around:
            # Two sweeps may have a variant in common.
            variants = {rule.id: rule for one in (*self.sweeps, *self.around) for rule in one.rules}
            sets[SWEEP] = tuple(variants.values())
        return sets

    @property
    def watched(self) -> frozenset[str]:
        """The ids of the events of which facts are needed."""
        return frozenset(label.event_id for label in self.labels.events) if self.labels else frozenset()


class Ran(NamedTuple):
    """What a run gives.

    Args:
        alerts: those of the rule set of a name, as published.
        facts: of the events that were watched for, by event_id.
        users: how many distinct ones events were of.
        period: the event times of the first and the last event, in ms.
    """

    alerts: Callable[[str], Iterable[Alert]]
    facts: Mapping[str, Fact]
    users: int
    period: tuple[int, int]


class Against(NamedTuple):
    """What differs from the baseline, and how good that one is, where labels say so."""

    name: str
    standing: Mapping[str, Alert]
    comparison: Comparison
    quality: Quality | None
    judged: Judged | None


class Answers(NamedTuple):
    """What was found out; None where it was not asked."""

    standing: Mapping[str, Alert]
    against: Against | None
    quality: Quality | None
    judged: Judged | None
    sweeps: tuple[Sweep, ...]
    around: tuple[Sweep, ...]


def answer(questions: Questions, ran: Ran) -> Answers:
    """What a run over all of the questions' rule sets says."""
    alerts = standing(ran.alerts(CANDIDATE))
    good, said = _held(alerts, questions.labels, ran)
    sweeps, around = _swept(questions, ran)
    return Answers(alerts, _against(questions, alerts, ran), good, said, sweeps, around)


def _against(questions: Questions, alerts: Mapping[str, Alert], ran: Ran) -> Against | None:
    if questions.against is None:
        return None
    before = standing(ran.alerts(BASELINE), alerts)
    good, said = _held(before, questions.labels, ran)
    return Against(questions.against.name, before, compare(before, alerts), good, said)


def _held(
    alerts: Mapping[str, Alert], labels: Labels | None, ran: Ran
) -> tuple[Quality | None, Judged | None]:
    """Alerts held against labels of events, or of alerts."""
    if labels is None:
        return None, None
    if labels.judgements:
        return None, judged(alerts.values(), labels.judgements, ran.period)
    begin, end = ran.period
    return quality(alerts.values(), labels.events, ran.facts, Observed(ran.users, end - begin)), None


def _swept(questions: Questions, ran: Ran) -> tuple[tuple[Sweep, ...], tuple[Sweep, ...]]:
    """The sweeps that were asked for, and those around thresholds."""
    if not (questions.sweeps or questions.around):
        return (), ()
    alerts = standing(ran.alerts(SWEEP)).values()
    events = questions.labels.events if questions.labels else []
    frauds = frauds_of(events, ran.facts) if events else None
    return (
        tuple(sweep(one, alerts, frauds) for one in questions.sweeps),
        tuple(sweep(one, alerts, frauds) for one in questions.around),
    )
