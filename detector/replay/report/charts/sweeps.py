"""What other values of a parameter would raise: how many alerts, and how good they are."""

from __future__ import annotations

from typing import Any

import altair

from detector.replay.report.charts.chart import Chart, in_colours, spec_of
from detector.replay.report.words import percent
from detector.replay.sweep import Sweep, SweepPoint

_CURRENT = "datum.current"


def alerts_by_value(name: str, sweep: Sweep) -> Chart:
    """How many alerts each value raises, right and wrong where labels tell; the value in force is marked."""
    rows = [row for point in sweep.points for row in _counts(point)]
    what = {"about a fraud": "right", "about none": "wrong", "alerts": "accent"}
    present = {row["what"] for row in rows}
    base = altair.Chart(altair.InlineData(values=rows))
    bars = base.mark_bar(stroke="var(--paper)", strokeWidth=0.5).encode(
        x=altair.X("value:N", sort=None, title=sweep.path, axis=altair.Axis(labelAngle=0, labelOverlap=True)),
        y=altair.Y("alerts:Q", title="alerts", axis=altair.Axis(tickMinStep=1, tickCount=5)),
        color=in_colours("what", {name: colour for name, colour in what.items() if name in present}),
        order="rank:Q",
        tooltip=["value:N", "what:N", "alerts:Q"],
    )
    marks = base.transform_filter(_CURRENT).mark_rule(strokeDash=[4, 3], strokeWidth=1.5, color="var(--ink)")
    marked = marks.encode(x=altair.X("value:N", sort=None))
    note = f"Alerts of {sweep.rule_id} at each value of {sweep.path}. The dashed line is the value in force."
    return Chart(f"{name}-alerts", f"{sweep.rule_id}: alerts by threshold", note, spec_of(bars + marked, 220))


def precision_and_recall(name: str, sweep: Sweep) -> Chart:
    """The curve that the values draw; the value in force is filled."""
    rows = [
        {
            "value": point.value,
            "precision": point.precision,
            "recall": point.recall,
            "current": point.is_current,
            "place": place,
            "told": f"precision {percent(point.precision)}, recall {percent(point.recall)}",
        }
        for place, point in enumerate(sweep.points)
        if point.precision is not None and point.recall is not None
    ]
    base = altair.Chart(altair.InlineData(values=rows)).encode(
        x=_share("recall"),
        y=_share("precision"),
        tooltip=[altair.Tooltip("value:N", title=sweep.path), altair.Tooltip("told:N", title="then")],
    )
    curve = base.mark_line(color="var(--line)", strokeWidth=2).encode(
        order="place:Q", tooltip=altair.value(None)
    )
    points = base.mark_point(size=90, filled=True, opacity=1, stroke="var(--accent)", strokeWidth=2).encode(
        fill=altair.condition(_CURRENT, altair.value("var(--accent)"), altair.value("var(--paper)"))
    )
    names = base.mark_text(dy=-13).encode(text="value:N")
    note = (
        f"Each point is a value of {sweep.path}; the filled one is in force. Up and to the right is better."
    )
    title = f"{sweep.rule_id}: precision and recall"
    return Chart(f"{name}-curve", title, note, spec_of(curve + points + names, 300))


def _share(name: str) -> Any:
    channel = altair.X if name == "recall" else altair.Y
    return channel(
        f"{name}:Q",
        title=name,
        scale=altair.Scale(domain=[0, 1.04], nice=False),
        axis=altair.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1]),
    )


def _counts(point: SweepPoint) -> list[dict[str, Any]]:
    counts = (
        {"alerts": point.alerts}
        if point.right is None
        else {"about a fraud": point.right, "about none": point.alerts - point.right}
    )
    return [
        {"value": point.value, "what": what, "alerts": alerts, "rank": rank, "current": point.is_current}
        for rank, (what, alerts) in enumerate(counts.items())
    ]
