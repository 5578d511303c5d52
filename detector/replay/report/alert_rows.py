"""The table of alerts, and which of them it shows where there are too many for a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from itertools import chain, islice, zip_longest

from detector.core.alert import Alert
from detector.core.rule import Mode
from detector.replay.examples import amount_at_stake
from detector.replay.quality import Quality
from detector.replay.report.tables import (
    Cell,
    Column,
    Kind,
    Table,
    moment,
    money,
    plain,
    severity,
    texts,
    without_empty,
)
from detector.replay.report.words import number

MOST_ROWS = 2_000

ALERT_COLUMNS = (
    Column("time (UTC)", Kind.TIME),
    Column("severity", Kind.SEVERITY, is_facet=True),
    Column("rule", Kind.RULE, is_facet=True),
    Column("who"),
    Column("merchant"),
    Column("at stake (yuan)", Kind.MONEY),
    Column("why", Kind.TEXTS),
    Column("alert id", Kind.ID),
)
_PLACE_OF_LABEL = 3


def alert_table(alerts: Iterable[Alert], quality: Quality | None, most: int = MOST_ROWS) -> Table:
    """The alerts in the order of event time; beyond `most` a fair share of each rule, its newest first.

    Where labels were given, each says whether it is about a fraud, but for those of rules in shadow, which
    the labels judge by rule only.
    """
    found = list(alerts)
    shown = sorted(_fair_share(found, most), key=lambda alert: (alert.event_time, alert.alert_id))
    columns, rows = list(ALERT_COLUMNS), [_row(alert) for alert in shown]
    if quality is not None:
        wrong = {alert.alert_id for alert in quality.wrong}
        columns.insert(_PLACE_OF_LABEL, Column("label", is_facet=True))
        for row, alert in zip(rows, shown, strict=True):
            row.insert(_PLACE_OF_LABEL, plain(_label(alert, wrong)))
    note = "" if len(shown) == len(found) else _left_out(len(shown), len(found))
    return without_empty(Table("alerts", "Standing alerts", columns, rows, note, as_cards=True))


def _label(alert: Alert, wrong: Container[str]) -> str:
    if alert.mode is not Mode.LIVE:
        return ""
    return "no fraud" if alert.alert_id in wrong else "fraud"


def _left_out(shown: int, total: int) -> str:
    return (
        f"{number(shown)} of {number(total)} alerts, of each rule in turn the newest one; "
        f"the other {number(total - shown)} are not in this file."
    )


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
        plain(merchant(alert)),
        money(amount_at_stake(alert) or None),
        texts(alert.explanation),
        plain(alert.alert_id),
    ]


def who(alert: Alert) -> str:
    """The user that an alert is about, with the tier where it has one; else what else it is about."""
    name = alert.entity.get("user_id") or ", ".join(alert.entity.values())
    tier = alert.anchor.user_tier
    return f"{name} ({tier})" if tier in ("elderly", "minor") else name


def merchant(alert: Alert) -> str | None:
    """The merchant that an alert is about, else that of the event that raised it."""
    return alert.entity.get("merchant_id") or alert.anchor.merchant_id
