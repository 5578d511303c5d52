"""A rule in shadow held against the live one that it may replace, by what both have published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from detector.core.alert import Alert, Status
from detector.core.rule import Rule
from detector.replay.comparison import Comparison, compare
from detector.replay.standing import standing

Said = tuple[Alert, int]
"""An alert, or its withdrawal, and when it was published (ms)."""


class Version(NamedTuple):
    """What one version of a rule raised: how many alerts, the first and last published when (ms)."""

    rule_version: str
    alerts: int
    first: int
    last: int


class SideBySide(NamedTuple):
    """Two rules over the same time.

    Args:
        before: the standing alerts of the live rule, by id.
        after: those of the rule in shadow.
        comparison: of both.
        first: when the first alert was published that is known of the rule in shadow (ms), within the time or
            before it; None where there is none. Whether it ran before, nothing says.
        unproven: how many of the alerts that only the live rule raised are older than that.
        live_versions: what the live rule was within the time, the oldest first.
        shadow_versions: what the rule in shadow was.
    """

    before: dict[str, Alert]
    after: dict[str, Alert]
    comparison: Comparison
    first: int | None
    unproven: int
    live_versions: list[Version]
    shadow_versions: list[Version]


def side_by_side(shadow: Rule, live: Rule | None, said: Iterable[Said], since: int) -> SideBySide:
    """The two rules' alerts that were first published at `since` (ms) or later, held together.

    Args:
        shadow: the rule that may replace the other.
        live: the other; None where there is none, so that all that the first has raised is added.
        said: what both have published, on whichever topic and in any order: from longer ago than `since`, so
            that what goes on from before is known for what it is.
        since: where the time begins.
    """
    live_id = "" if live is None else live.id
    mine = [one for one in said if one[0].rule_id in (shadow.id, live_id)]
    first_said = _first_said(mine)
    # Of one id the highest revision counts, and topics have no order among each other.
    stands = standing(alert for alert, _ in sorted(mine, key=lambda one: one[0].revision))
    before, after = _of_rule(stands, live_id), _of_rule(stands, shadow.id)
    reach = max(rule.cooldown for rule in (shadow, live) if rule is not None)
    whole = compare(before, after, {shadow.id: live_id}, {live_id: reach})
    recent = {alert_id for alert_id, at in first_said.items() if at >= since}
    comparison = _within(whole, after, recent)
    first = min((at for alert, at in mine if alert.rule_id == shadow.id), default=None)
    return SideBySide(
        before=_only(before, recent),
        after=_only(after, recent),
        comparison=comparison,
        first=first,
        unproven=sum(first is None or first_said[alert.alert_id] < first for alert in comparison.removed),
        live_versions=_versions(live_id, mine, since),
        shadow_versions=_versions(shadow.id, mine, since),
    )


def reach_back(rules: Iterable[Rule], since: int, until: int) -> int:
    """From when on (ms) alerts must be known to hold rules together from `since` to `until`.

    Twice as long as the time itself, to see whether a rule ran before it; at least by the longest cooldown.
    """
    return max(0, since - max(until - since, *(rule.cooldown for rule in rules)))


def _first_said(said: Iterable[Said]) -> dict[str, int]:
    found: dict[str, int] = {}
    for alert, at in said:
        found[alert.alert_id] = min(at, found.get(alert.alert_id, at))
    return found


def _of_rule(alerts: Mapping[str, Alert], rule_id: str) -> dict[str, Alert]:
    return {alert_id: alert for alert_id, alert in alerts.items() if alert.rule_id == rule_id}


def _only(alerts: Mapping[str, Alert], ids: set[str]) -> dict[str, Alert]:
    return {alert_id: alert for alert_id, alert in alerts.items() if alert_id in ids}


def _within(whole: Comparison, after: Mapping[str, Alert], recent: set[str]) -> Comparison:
    """What of a comparison is about recent alerts: a pair is where its second is."""
    added = [alert for alert in whole.added if alert.alert_id in recent]
    changed = [change for change in whole.changed if change.after.alert_id in recent]
    return Comparison(
        added=added,
        removed=[alert for alert in whole.removed if alert.alert_id in recent],
        changed=changed,
        same=len(after.keys() & recent) - len(added) - len(changed),
    )


def _versions(rule_id: str, said: Iterable[Said], since: int) -> list[Version]:
    times: dict[str, dict[str, int]] = {}
    for alert, at in said:
        if alert.rule_id == rule_id and alert.status is Status.RAISED and at >= since:
            times.setdefault(alert.rule_version, {}).setdefault(alert.alert_id, at)
    found = [Version(name, len(at), min(at.values()), max(at.values())) for name, at in times.items()]
    return sorted(found, key=lambda version: version.first)
