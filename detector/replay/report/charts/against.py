"""What another set of rules would change, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable

import altair

from detector.replay.report.charts.chart import Chart, in_colours, spec_of
from detector.replay.tally import Tally

_ROW = 26
_COLOURS = {"removed": "wrong", "added": "accent", "changed": "info"}


def changes_by_rule(name: str, tallies: Iterable[Tally]) -> Chart:
    """Alerts removed to the left, added and changed to the right, of each rule that differs."""
    rows = [
        {"rule": tally.name, "what": what, "alerts": alerts, "bar": -alerts if what == "removed" else alerts}
        for tally in tallies
        for what, alerts in (("removed", tally.removed), ("added", tally.added), ("changed", tally.changed))
        if alerts
    ]
    present = {row["what"] for row in rows}
    chart = (
        altair.Chart(altair.InlineData(values=rows))
        .mark_bar(stroke="var(--paper)", strokeWidth=0.5)
        .encode(
            x=altair.X(
                "bar:Q",
                title="alerts",
                axis=altair.Axis(tickMinStep=1, tickCount=6, labelExpr="abs(datum.value)"),
            ),
            y=altair.Y("rule:N", title=None, sort=None),
            color=in_colours("what", {what: colour for what, colour in _COLOURS.items() if what in present}),
            tooltip=["rule:N", "what:N", "alerts:Q"],
        )
    )
    note = f"Against {name}: to the left the alerts that go, to the right those that come or change."
    height = _ROW * len({row["rule"] for row in rows})
    return Chart("changes-by-rule", "What changes, by rule", note, spec_of(chart, height))
