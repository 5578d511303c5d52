"""How good the alerts are, held against what is known to be fraud."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from detector.core.alert import Alert
from detector.core.rule import Mode
from detector.replay.fact import Fact
from detector.replay.frauds import Finder, Fraud, frauds_of, place
from detector.replay.labels import Labelled
from detector.replay.share import Share
from detector.replay.spread import Spread, spread

_DAY = 86_400_000


class RuleQuality(NamedTuple):
    """One rule: how many of its alerts are about a fraud, and how many frauds it caught.

    `alone` counts those of them that no other live rule caught.
    """

    rule_id: str
    mode: Mode
    precision: Share
    caught: int
    alone: int


class KindQuality(NamedTuple):
    """The frauds of one kind, or of one variant of it (else `variant` is empty).

    Args:
        kind: as labelled.
        variant: as labelled.
        recall: of all these frauds, those caught.
        seconds: from the first event of a fraud to its first alert's anchor, of those caught.
        moved: fen that moved before that anchor, of those caught. The anchor's own are not counted: the
            payment that it names can still be held.
        before_money: of those in which money moves, those alerted before any had.
        missed_amount: fen that moved in those not caught.
    """

    kind: str
    variant: str
    recall: Share
    seconds: Spread | None
    moved: Spread | None
    before_money: Share
    missed_amount: int


class Quality(NamedTuple):
    """What labels say of a run; alerts of rules in shadow count by rule only.

    Args:
        precision: of all alerts, those about a fraud.
        all: all frauds, without kind and variant.
        rules: by id.
        kinds: by kind.
        variants: by kind and variant.
        wrong: the alerts that are about no fraud.
        missed: the frauds without an alert.
        in_shadow: how many alerts are of rules in shadow.
        absent: how many labelled events are not among those that were read.
        users: how many there were.
        days: from the first event to the last.
        alerts_per_1000_users_a_day: None where there was no user or no time.
    """

    precision: Share
    all: KindQuality
    rules: list[RuleQuality]
    kinds: list[KindQuality]
    variants: list[KindQuality]
    wrong: list[Alert]
    missed: list[Fraud]
    in_shadow: int
    absent: int
    users: int
    days: float
    alerts_per_1000_users_a_day: float | None


class Observed(NamedTuple):
    """What the events were that the alerts were raised on: distinct users, and ms from first to last."""

    users: int
    duration: int


class _Case(NamedTuple):
    """A fraud, and the first of the alerts that caught it."""

    fraud: Fraud
    first: Alert | None


def quality(
    alerts: Iterable[Alert], labels: Iterable[Labelled], facts: Mapping[str, Fact], observed: Observed
) -> Quality:
    """What these labels say of alerts that stand.

    Args:
        alerts: of one set of rules.
        labels: of the same events.
        facts: what is known of the labelled events, by event_id.
        observed: all events.
    """
    labels = list(labels)
    frauds = frauds_of(labels, facts)
    finder = Finder(frauds)
    found = [(alert, *finder.find(alert)) for alert in sorted(alerts, key=_order)]
    live = [one for one in found if one[0].mode is Mode.LIVE]
    right = [alert for alert, about, _ in live if about]
    cases = _cases(frauds, live)
    days = observed.duration / _DAY
    person_days = observed.users * days
    return Quality(
        precision=Share(len(right), len(live)),
        all=_kind("", "", cases),
        rules=_rules(found),
        kinds=_kinds(cases, lambda fraud: (fraud.kind, "")),
        variants=_kinds(cases, lambda fraud: (fraud.kind, fraud.variant)),
        wrong=[alert for alert, about, _ in live if not about],
        missed=[case.fraud for case in cases if case.first is None],
        in_shadow=len(found) - len(live),
        absent=len({label.event_id for label in labels} - facts.keys()),
        users=observed.users,
        days=days,
        alerts_per_1000_users_a_day=1000 * len(live) / person_days if person_days else None,
    )


_Judged = tuple[Alert, list[Fraud], list[Fraud]]


def _place(alert: Alert) -> tuple[int, str]:
    return alert.event_time, alert.anchor.event_id


def _order(alert: Alert) -> tuple[int, str, str]:
    return *_place(alert), alert.alert_id


def _cases(frauds: list[Fraud], found: list[_Judged]) -> list[_Case]:
    first: dict[int, Alert] = {}
    for alert, _, caught in found:
        for fraud in caught:
            first.setdefault(id(fraud), alert)
    return [_Case(fraud, first.get(id(fraud))) for fraud in frauds]


def _rules(found: list[_Judged]) -> list[RuleQuality]:
    modes = {alert.rule_id: alert.mode for alert, _, _ in found}
    catchers: defaultdict[int, set[str]] = defaultdict(set)
    for alert, _, caught in found:
        for fraud in caught:
            catchers[id(fraud)].add(alert.rule_id)
    alerts = Counter(alert.rule_id for alert, _, _ in found)
    right = Counter(alert.rule_id for alert, about, _ in found if about)
    caught_by = Counter(rule_id for rules in catchers.values() for rule_id in rules)
    alone = Counter(
        rule_id
        for rules in catchers.values()
        for rule_id in rules
        if all(modes[other] is not Mode.LIVE for other in rules - {rule_id})
    )
    return [
        RuleQuality(rule_id, mode, Share(right[rule_id], alerts[rule_id]), caught_by[rule_id], alone[rule_id])
        for rule_id, mode in sorted(modes.items())
    ]


def _kinds(cases: list[_Case], key: Callable[[Fraud], tuple[str, str]]) -> list[KindQuality]:
    groups: defaultdict[tuple[str, str], list[_Case]] = defaultdict(list)
    for case in cases:
        groups[key(case.fraud)].append(case)
    return [_kind(*name, group) for name, group in sorted(groups.items())]


def _kind(kind: str, variant: str, cases: list[_Case]) -> KindQuality:
    caught = [(fraud, first) for fraud, first in cases if first is not None]
    with_money = [case for case in cases if case.fraud.payments]
    return KindQuality(
        kind=kind,
        variant=variant,
        recall=Share(len(caught), len(cases)),
        seconds=spread((first.event_time - fraud.events[0].event_time) / 1000 for fraud, first in caught),
        moved=spread(_amount(_moved(fraud, first)) for fraud, first in caught),
        before_money=Share(
            sum(first is not None and not _moved(fraud, first) for fraud, first in with_money),
            len(with_money),
        ),
        missed_amount=sum(_amount(fraud.payments) for fraud, first in cases if first is None),
    )


def _moved(fraud: Fraud, first: Alert) -> list[Fact]:
    """The fraud's payments before the event that its first alert names."""
    return [event for event in fraud.payments if place(event) < _place(first)]


def _amount(events: Iterable[Fact]) -> int:
    return sum(event.amount or 0 for event in events)
