"""The table of rules: what each of them came to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from detector.core.alert import Alert
from detector.core.rule import Mode, Rule
from detector.replay.examples import at_stake
from detector.replay.report.tables import Cell, Column, Kind, Table, counted, money, plain, texts

_COLUMNS = (
    Column("rule", Kind.RULE),
    Column("title", Kind.TEXTS),
    Column("mode", is_facet=True),
    Column("alerts", Kind.NUMBER),
    Column("cases", Kind.NUMBER),
    Column("users or merchants", Kind.NUMBER),
    Column("at stake (yuan)", Kind.MONEY),
    Column("version", Kind.ID),
)


def rule_table(rules: Sequence[Rule], alerts: Iterable[Alert]) -> Table:
    """Every rule that is not off, with its standing alerts, the busiest on top."""
    of_rules: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        of_rules[alert.rule_id].append(alert)
    in_force = [rule for rule in rules if rule.mode is not Mode.OFF]
    in_force.sort(key=lambda rule: (-len(of_rules[rule.id]), rule.id))
    return Table("rules", "Rules in force", _COLUMNS, [_row(rule, of_rules[rule.id]) for rule in in_force])


def _row(rule: Rule, alerts: list[Alert]) -> list[Cell]:
    return [
        plain(rule.id),
        texts(rule.title),
        plain(rule.mode),
        counted(len(alerts)),
        counted(len({alert.case_id for alert in alerts})),
        counted(len({tuple(alert.entity.values()) for alert in alerts})),
        money(at_stake(alerts)),
        plain(rule.version),
    ]
