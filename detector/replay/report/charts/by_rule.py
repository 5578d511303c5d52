"""How many alerts each rule raised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import altair

from detector.core.alert import Alert
from detector.replay.report.charts.chart import RANKS, Chart, by_severity, spec_of

_ROW = 26


def by_rule(alerts: Iterable[Alert]) -> Chart:
    """Standing alerts of each rule, stacked by severity, the busiest rule on top."""
    counts = Counter((alert.rule_id, alert.severity) for alert in alerts)
    rows = [
        {"rule": rule_id, "severity": severity, "rank": RANKS[severity], "alerts": number}
        for (rule_id, severity), number in sorted(counts.items())
    ]
    chart = (
        altair.Chart(altair.InlineData(values=rows))
        .mark_bar(stroke="var(--paper)", strokeWidth=0.5, cursor="pointer")
        .encode(
            x=altair.X("alerts:Q", title="alerts", axis=altair.Axis(tickMinStep=1, tickCount=5)),
            y=altair.Y("rule:N", title=None, sort="-x"),
            color=by_severity("severity", (severity for _, severity in counts)),
            order="rank:Q",
            tooltip=["rule:N", "severity:N", "alerts:Q"],
        )
    )
    note = "Standing alerts. Choose a bar to see its alerts in the table below."
    height = _ROW * len({row["rule"] for row in rows})
    return Chart("by-rule", "Alerts by rule", note, spec_of(chart, height))
