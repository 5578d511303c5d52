"""What each of several values of one parameter would have raised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from detector.core.alert import Alert
from detector.replay.frauds import Finder, Fraud
from detector.replay.share import Share
from detector.replay.variants import Variants


class SweepPoint(NamedTuple):
    """One value. Without labels there are no frauds, and `precision`, `recall` and the counts are None.

    Args:
        value: as it would stand in the rule's file.
        alerts: how many stand in the end.
        precision: of them, the share that is about a fraud.
        recall: of the frauds of those kinds that the rule catches at any of the values, the share caught.
        is_current: whether the rule has this value now.
        right: how many alerts are about a fraud.
        caught: how many frauds are caught.
        frauds: how many there are to catch.
    """

    value: str
    alerts: int
    precision: float | None
    recall: float | None
    is_current: bool
    right: int | None = None
    caught: int | None = None
    frauds: int | None = None


class Sweep(NamedTuple):
    """A rule's parameter, by its path in the rule's file, with a point for each value."""

    rule_id: str
    path: str
    points: list[SweepPoint]


class _Outcome(NamedTuple):
    """What one value raised: how many alerts, how many of them are right, and which frauds they caught."""

    alerts: int
    right: int
    caught: dict[int, Fraud]


def sweep(swept: Variants, alerts: Iterable[Alert], frauds: Sequence[Fraud] | None) -> Sweep:
    """What the variants raised.

    Args:
        swept: the variants that ran.
        alerts: those that stand; what other rules raised is passed over.
        frauds: those that are labelled; None where nothing is.
    """
    by_rule: defaultdict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_rule[alert.rule_id].append(alert)
    finder = Finder(frauds or ())
    outcomes = [_outcome(by_rule[variant.rule.id], finder) for variant in swept.variants]
    kinds = {fraud.kind for outcome in outcomes for fraud in outcome.caught.values()}
    to_catch = None if frauds is None else sum(fraud.kind in kinds for fraud in frauds)
    points = [
        _point(variant.value, variant.is_current, outcome, to_catch)
        for variant, outcome in zip(swept.variants, outcomes, strict=True)
    ]
    return Sweep(swept.spec.rule_id, swept.spec.path, points)


def _outcome(alerts: list[Alert], finder: Finder) -> _Outcome:
    found = [finder.find(alert) for alert in alerts]
    caught = {id(fraud): fraud for one in found for fraud in one.catches}
    return _Outcome(len(alerts), sum(bool(one.about) for one in found), caught)


def _point(value: str, is_current: bool, outcome: _Outcome, to_catch: int | None) -> SweepPoint:
    if to_catch is None:
        return SweepPoint(value, outcome.alerts, None, None, is_current)
    caught = len(outcome.caught)
    return SweepPoint(
        value=value,
        alerts=outcome.alerts,
        precision=Share(outcome.right, outcome.alerts).value,
        recall=Share(caught, to_catch).value,
        is_current=is_current,
        right=outcome.right,
        caught=caught,
        frauds=to_catch,
    )
