"""How long it took from the first event of a fraud to its alert."""

from __future__ import annotations

from collections.abc import Sequence

import altair

from detector.replay.quality import KindQuality
from detector.replay.report.charts.chart import Chart, spec_of
from detector.replay.report.words import span

_ROW = 26
_ROOM = 1.2
# Seconds that people know, from at once to a day.
_TICKS = [0, 10, 60, 600, 3_600, 21_600, 86_400]
_LABEL = (
    "datum.value < 60 ? datum.value + ' s' : datum.value < 3600 ? datum.value / 60 + ' min' : "
    "datum.value / 3600 + ' h'"
)


def time_to_alert(kinds: Sequence[KindQuality]) -> Chart:
    """Of each kind of fraud the median and the ninth decile of the time to its first alert."""
    rows = [
        {
            "kind": kind.kind or "unnamed",
            "median": kind.seconds.median,
            "p90": kind.seconds.p90,
            "told": f"{_span(kind.seconds.median)}, nine in ten {_span(kind.seconds.p90)}",
        }
        for kind in kinds
        if kind.seconds is not None
    ]
    base = altair.Chart(altair.InlineData(values=rows)).encode(
        y=altair.Y("kind:N", title=None, sort=None),
        tooltip=["kind:N", altair.Tooltip("told:N", title="half within")],
    )
    longest = max(kind.seconds.p90 for kind in kinds if kind.seconds is not None)
    scale = altair.Scale(type="symlog", constant=10, domain=[0, _ROOM * longest], nice=False)
    axis = altair.Axis(values=_TICKS, labelExpr=_LABEL)
    reach = base.mark_rule(strokeWidth=4, opacity=0.35, color="var(--accent)").encode(
        x=altair.X("median:Q", title=None, scale=scale, axis=axis), x2="p90:Q"
    )
    medians = base.mark_point(filled=True, size=90, opacity=1).encode(x="median:Q")
    note = "From a fraud's first event to its first alert: the dot is the median, the line's end nine in ten."
    return Chart("time-to-alert", "Time to alert", note, spec_of(reach + medians, _ROW * len(rows)))


def _span(seconds: float) -> str:
    return span(round(seconds * 1000))
