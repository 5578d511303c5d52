"""What is at stake in an alert, and a few of many alerts to look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from detector.core.alert import Alert
from detector.replay.comparison import Change


def amount_at_stake(alert: Alert) -> int:
    """The measure `sum(amount)` where the rule has it, else the anchor's amount: fen, as in the archive."""
    measured: Any = alert.measures.get("sum(amount)")
    return int(measured) if measured is not None else alert.anchor.amount or 0


def at_stake(alerts: Iterable[Alert]) -> int:
    """Fen in all of these; where several name one event as their anchor, the most of them counts."""
    anchors: dict[str, int] = {}
    for alert in alerts:
        anchor = alert.anchor.event_id
        anchors[anchor] = max(anchors.get(anchor, 0), amount_at_stake(alert))
    return sum(anchors.values())


def examples(alerts: Iterable[Alert], number: int) -> list[Alert]:
    """A few alerts to look at: of each rule in turn the one with the most at stake that is left."""
    of_rules: dict[str, list[Alert]] = {}
    for alert in sorted(alerts, key=lambda alert: (alert.rule_id, -amount_at_stake(alert), alert.alert_id)):
        of_rules.setdefault(alert.rule_id, []).append(alert)
    turns = sorted(
        (turn, alert.rule_id, alert.alert_id, alert)
        for of_rule in of_rules.values()
        for turn, alert in enumerate(of_rule[:number])
    )
    return [alert for *_, alert in turns[:number]]


def changes_to_show(changes: Iterable[Change], number: int) -> list[Change]:
    """A few changes to look at, chosen as `examples` are by the alert after it."""
    by_id = {change.after.alert_id: change for change in changes}
    return [by_id[alert.alert_id] for alert in examples((one.after for one in by_id.values()), number)]
