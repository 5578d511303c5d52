"""How good the alerts are, held against what analysts said of earlier ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from detector.core.alert import Alert
from detector.core.disposition import Disposition
from detector.core.rule import Mode
from detector.replay.labels import Judgement
from detector.replay.share import Share

_STRENGTH = (Disposition.CONFIRMED, Disposition.FALSE_POSITIVE, Disposition.UNCLEAR)
"""Of several dispositions in one case the first of these counts."""


class JudgedRule(NamedTuple):
    """One rule; `alerts` stand, `precision` is over those of them that were judged."""

    rule_id: str
    mode: Mode
    alerts: int
    precision: Share


class Judged(NamedTuple):
    """What dispositions say of a run; alerts of rules in shadow count by rule only.

    An alert that nobody judged has the disposition of its case, where another alert of that was judged.

    Args:
        alerts: how many stand.
        precision: of those that were found right or wrong, those confirmed.
        recall: of the alerts that were confirmed, those that this run raises again, or another of their case.
            What no rule ever alerted on nobody has judged: this says nothing of it.
        unclear: how many were looked at without a finding.
        unjudged: how many nobody has looked at.
        outside: how many dispositions are of alerts before or after the events; they count nowhere.
        rules: by id.
    """

    alerts: int
    precision: Share
    recall: Share
    unclear: int
    unjudged: int
    outside: int
    rules: list[JudgedRule]


def judged(alerts: Iterable[Alert], judgements: Iterable[Judgement], period: tuple[int, int]) -> Judged:
    """What these dispositions say of the alerts that stand.

    Args:
        alerts: of one set of rules.
        judgements: the newest of an alert is the last.
        period: the event times of the first and the last event, in ms.
    """
    newest = {judgement.alert_id: judgement for judgement in judgements}
    inside = [judgement for judgement in newest.values() if _is_within(judgement.event_time, period)]
    said = _Said(inside)
    alerts = list(alerts)
    live = [alert for alert in alerts if alert.mode is Mode.LIVE]
    of_live = [said.of(alert) for alert in live]
    return Judged(
        alerts=len(live),
        precision=_precision(of_live),
        recall=_recall(inside, live),
        unclear=of_live.count(Disposition.UNCLEAR),
        unjudged=of_live.count(None),
        outside=len(newest) - len(inside),
        rules=_rules(alerts, said),
    )


class _Said:
    """What was said of alerts and of cases."""

    def __init__(self, judgements: list[Judgement]) -> None:
        self._alerts = {judgement.alert_id: judgement.disposition for judgement in judgements}
        self._cases: dict[str, Disposition] = {}
        for judgement in judgements:
            if judgement.case_id:
                known = self._cases.get(judgement.case_id, judgement.disposition)
                self._cases[judgement.case_id] = min(known, judgement.disposition, key=_STRENGTH.index)

    def of(self, alert: Alert) -> Disposition | None:
        return self._alerts.get(alert.alert_id) or self._cases.get(alert.case_id)


def _is_within(event_time: int | None, period: tuple[int, int]) -> bool:
    return event_time is None or period[0] <= event_time <= period[1]


def _precision(said: list[Disposition | None]) -> Share:
    confirmed = said.count(Disposition.CONFIRMED)
    return Share(confirmed, confirmed + said.count(Disposition.FALSE_POSITIVE))


def _recall(judgements: list[Judgement], alerts: list[Alert]) -> Share:
    ids = {alert.alert_id for alert in alerts}
    cases = {alert.case_id for alert in alerts}
    confirmed = [one for one in judgements if one.disposition is Disposition.CONFIRMED]
    return Share(sum(one.alert_id in ids or one.case_id in cases for one in confirmed), len(confirmed))


def _rules(alerts: list[Alert], said: _Said) -> list[JudgedRule]:
    by_rule: defaultdict[tuple[str, Mode], list[Disposition | None]] = defaultdict(list)
    for alert in alerts:
        by_rule[alert.rule_id, alert.mode].append(said.of(alert))
    return [
        JudgedRule(rule_id, mode, len(found), _precision(found))
        for (rule_id, mode), found in sorted(by_rule.items())
    ]
