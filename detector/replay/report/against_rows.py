"""The tables of a comparison: the alerts that differ, and how many do by tier and merchant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from detector.core.alert import Alert
from detector.replay.comparison import Change, Comparison
from detector.replay.examples import amount_at_stake, changes_to_show, examples
from detector.replay.report.alert_rows import ALERT_COLUMNS, merchant, who
from detector.replay.report.tables import (
    Cell,
    Column,
    Kind,
    Table,
    counted,
    moment,
    money,
    plain,
    severity,
    texts,
    without_empty,
)
from detector.replay.report.words import number, span
from detector.replay.tally import Tally

MOST_OF_EACH = 500

_DIFFERENCE_COLUMNS = (Column("change", is_facet=True), Column("how"), *ALERT_COLUMNS)
_WORDS = {
    "action": "another action",
    "to_live": "now live",
    "to_shadow": "now in shadow",
}


def differing_alerts(comparison: Comparison) -> Table:
    """The alerts added, removed and changed; of many, of each rule in turn those with the most at stake."""
    rows = [
        *_rows("added", comparison.added),
        *_rows("removed", comparison.removed),
        *_changed(comparison),
    ]
    total = len(comparison.added) + len(comparison.removed) + len(comparison.changed)
    note = (
        ""
        if len(rows) == total
        else f"{number(len(rows))} of {number(total)}, the most at stake of each rule."
    )
    return without_empty(
        Table("differing", "Alerts that differ", _DIFFERENCE_COLUMNS, rows, note, as_cards=True)
    )


def tallied(what: str, tallies: Sequence[Tally]) -> Table:
    """How many alerts there were and would be, by what they are counted by."""
    columns = (
        Column(what),
        *(Column(each, Kind.NUMBER) for each in ("before", "after", "added", "removed", "changed")),
        Column("added (yuan)", Kind.MONEY),
        Column("removed (yuan)", Kind.MONEY),
    )
    rows = [
        [plain(one.name), *map(counted, one[1:6]), money(one.added_amount), money(one.removed_amount)]
        for one in tallies
    ]
    return Table(f"by-{what.replace(' ', '-')}", f"What changes, by {what}", columns, rows)


def _rows(change: str, alerts: Iterable[Alert]) -> Iterator[list[Cell]]:
    for alert in examples(alerts, MOST_OF_EACH):
        yield _row(change, "", alert)


def _changed(comparison: Comparison) -> Iterator[list[Cell]]:
    for change in changes_to_show(comparison.changed, MOST_OF_EACH):
        yield _row("changed", ", ".join(_how(change)), change.after)


def _how(change: Change) -> Iterator[str]:
    """Each of its kinds in words, with what it was where that says more."""
    before, after = change.before, change.after
    for kind in change.kinds:
        if kind in ("earlier", "later"):
            yield f"{span(abs(after.event_time - before.event_time))} {kind}"
        elif kind in ("severity_up", "severity_down"):
            yield f"{before.severity} before"
        else:
            yield _WORDS[kind]


def _row(change: str, how: str, alert: Alert) -> list[Cell]:
    return [
        plain(change),
        plain(how),
        moment(alert.event_time),
        severity(alert.severity),
        plain(alert.rule_id),
        plain(who(alert)),
        plain(merchant(alert)),
        money(amount_at_stake(alert) or None),
        texts(alert.explanation),
        plain(alert.alert_id),
    ]
