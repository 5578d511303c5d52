"""When alerts were raised: by severity, and by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

import altair

from detector.core.alert import Alert
from detector.replay.report.charts.bins import Bins
from detector.replay.report.charts.chart import RANKS, Chart, by_severity, spec_of
from detector.replay.report.words import span, utc_to_the_minute

_ROW = 24
# The date where a day begins, else the time of day.
_LABEL = "utcFormat(datum.value, datum.value % 86400000 ? '%H:%M' : '%b %d')"


def by_severity_over_time(alerts: Collection[Alert]) -> Chart:
    """Standing alerts in each span of time, stacked by severity."""
    bins = Bins.over([alert.event_time for alert in alerts])
    counts = Counter((bins.start(alert.event_time), alert.severity) for alert in alerts)
    rows = [
        _times(start, bins) | {"severity": severity, "rank": RANKS[severity], "alerts": number}
        for (start, severity), number in sorted(counts.items())
    ]
    chart = (
        altair.Chart(altair.InlineData(values=rows))
        .mark_bar(stroke="var(--paper)", strokeWidth=0.5)
        .encode(
            x=_along(bins),
            x2="end:T",
            y=altair.Y("alerts:Q", title="alerts", axis=altair.Axis(tickMinStep=1, tickCount=5)),
            color=by_severity("severity", (severity for _, severity in counts)),
            order="rank:Q",
            tooltip=["from:N", "severity:N", "alerts:Q"],
        )
    )
    note = f"Standing alerts by the event time of their anchor, in spans of {span(bins.width)}, UTC."
    return Chart("over-time", "Alerts over time", note, spec_of(chart, 240), is_wide=True)


def by_rule_over_time(alerts: Collection[Alert]) -> Chart:
    """Standing alerts in each span of time, a row for each rule."""
    bins = Bins.over([alert.event_time for alert in alerts])
    counts = Counter((bins.start(alert.event_time), alert.rule_id) for alert in alerts)
    rows = [
        _times(start, bins) | {"rule": rule_id, "alerts": number}
        for (start, rule_id), number in sorted(counts.items())
    ]
    chart = (
        altair.Chart(altair.InlineData(values=rows))
        .mark_rect(stroke="var(--paper)", strokeWidth=1, cursor="pointer")
        .encode(
            x=_along(bins),
            x2="end:T",
            y=altair.Y("rule:N", title=None, axis=altair.Axis(domain=False, ticks=False)),
            opacity=altair.Opacity("alerts:Q", scale=altair.Scale(range=[0.3, 1], zero=True), legend=None),
            tooltip=["from:N", "rule:N", "alerts:Q"],
        )
    )
    note = f"The fuller the colour, the more alerts of the rule in {span(bins.width)}; UTC."
    height = _ROW * len({row["rule"] for row in rows})
    return Chart("rules-over-time", "When each rule alerted", note, spec_of(chart, height))


def _times(start: int, bins: Bins) -> dict[str, Any]:
    return {"start": start, "end": start + bins.width, "from": utc_to_the_minute(start)}


def _along(bins: Bins) -> altair.X:
    # As an expression: Vega-Lite would make dates of numbers with a call that its interpreter misreads.
    ticks = altair.ExprRef(str(bins.ticks))
    axis = altair.Axis(values=ticks, labelExpr=_LABEL, labelOverlap=True, grid=False)
    return altair.X("start:T", bin="binned", scale=altair.Scale(type="utc"), title=None, axis=axis)
