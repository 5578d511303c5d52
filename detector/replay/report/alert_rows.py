"""The table of alerts, and which of them it shows where there are too many for a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, islice, zip_longest

from detector.core.alert import Alert
from detector.replay.report.tables import Cell, Column, Kind, Table, moment, money, plain, severity, texts

MOST_ROWS = 2_000

_COLUMNS = (
    Column("time (UTC)", Kind.TIME),
    Column("severity", Kind.SEVERITY, is_facet=True),
    Column("rule", is_facet=True),
    Column("who"),
    Column("merchant"),
    Column("amount (yuan)", Kind.NUMBER),
    Column("why", Kind.TEXTS),
    Column("alert id", Kind.ID),
)


def alert_table(alerts: Iterable[Alert], most: int = MOST_ROWS) -> Table:
    """The alerts in the order of event time; beyond `most` a fair share of each rule, its newest first."""
    found = list(alerts)
    shown = sorted(_fair_share(found, most), key=lambda alert: (alert.event_time, alert.alert_id))
    return Table("alerts", "Standing alerts", _COLUMNS, [_row(alert) for alert in shown], len(found))


def _fair_share(alerts: Sequence[Alert], most: int) -> Iterable[Alert]:
    """In turn one of each rule until there are enough, so that a noisy rule does not hide a rare one."""
    if len(alerts) <= most:
        return alerts
    of_rules: dict[str, list[Alert]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda alert: alert.event_time, reverse=True):
        of_rules[alert.rule_id].append(alert)
    in_turn = chain.from_iterable(zip_longest(*of_rules.values()))
    return islice((alert for alert in in_turn if alert is not None), most)


def _row(alert: Alert) -> list[Cell]:
    return [
        moment(alert.event_time),
        severity(alert.severity),
        plain(alert.rule_id),
        plain(who(alert)),
        plain(alert.anchor.merchant_id),
        money(alert.anchor.amount),
        texts(alert.explanation),
        plain(alert.alert_id),
    ]


def who(alert: Alert) -> str:
    """The user that an alert is about, with the tier where it has one; else what else it is about."""
    name = alert.entity.get("user_id") or ", ".join(alert.entity.values())
    tier = alert.anchor.user_tier
    return f"{name} ({tier})" if tier in ("elderly", "minor") else name
