"""The figures as small panels side by side in one SVG: what can be compared at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import altair as alt

from bench.case_runs import CaseRuns, label_of, series_of
from bench.cases import Factor
from bench.latency import Latency
from bench.peer_runs import PeerRuns
from bench.report import Results

_WIDTH, _HEIGHT, _COLUMNS = 260, 190, 3
_BAR, _SPREAD = "#4c78a8", "#1b2a3a"
_RATE = "events/s"
_TITLES = {
    Factor.USERS: ("By users", "users"),
    Factor.RULES: ("By rules", "rules"),
    Factor.SIZE: ("By event size", "bytes of an event, mean"),
    Factor.SKEW: ("By key skew", "users and merchants drawn"),
    Factor.WORKERS: ("By workers", "workers"),
}
_PERCENTILES = ("p50", "p99")


def write_plot(results: Results, path: Path) -> bool:
    """Write a panel of each thing that was measured and can be drawn; False where there is none."""
    panels = list(_panels(results))
    if panels:
        path.parent.mkdir(parents=True, exist_ok=True)
        _together(panels).save(path, format="svg")
    return bool(panels)


def _together(panels: Sequence[alt.LayerChart]) -> alt.ConcatChart:
    """The panels under one title that says how to read them."""
    title = alt.TitleParams(
        "What a worker takes, and how soon it alerts",
        subtitle="Bars and points: median of the runs. Lines: from the least of them to the most.",
        anchor="start",
    )
    together = alt.concat(*panels, columns=_COLUMNS, title=title).resolve_scale(color="independent")
    styled: alt.ConcatChart = together.configure_axis(labelFontSize=11, titleFontSize=11)
    return styled


def _panels(results: Results) -> Iterator[alt.LayerChart]:
    for factor, (title, axis) in _TITLES.items() if results.matrix else ():
        series = series_of(factor, results.matrix)
        yield _bars(f"{title}: {_RATE}", axis, [(label_of(factor, runs), runs) for runs in series])
    if results.latency:
        yield _latency(results.latency, results.floor)
    if results.peers:
        yield _bars(f"Two rules, beside peers: {_RATE}", "", [(peer.name, peer) for peer in results.peers])


def _bars(title: str, axis: str, series: Iterable[tuple[str, CaseRuns | PeerRuns]]) -> alt.LayerChart:
    rows = [
        {"label": label, "median": runs.rate, "least": min(runs.rates), "most": max(runs.rates)}
        for label, runs in series
    ]
    x = alt.X("label:N", sort=None, title=axis or None, axis=alt.Axis(labelAngle=-25 if not axis else 0))
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x)
    bars = base.mark_bar(color=_BAR).encode(
        y=alt.Y("median:Q", title=_RATE, axis=alt.Axis(format=",.0f", tickCount=5))
    )
    spread = base.mark_rule(color=_SPREAD, strokeWidth=2).encode(y="least:Q", y2="most:Q")
    text = base.mark_text(color="white", baseline="bottom", dy=-4, fontSize=11).encode(
        y=alt.datum(0), text=alt.Text("median:Q", format=",.0f")
    )
    return _panel(title, bars, spread, text)


def _latency(alerts: Sequence[Latency], floor: Sequence[Latency]) -> alt.LayerChart:
    rows = [
        row
        for name, found in (("alert", alerts), ("one hop", floor))
        for latency in found
        for row in _percentiles(name, latency)
    ]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("rate:O", title=_RATE, axis=alt.Axis(format=",.0f", labelAngle=0)),
        color=alt.Color("name:N", sort=None, title=None),
    )
    y = alt.Y("median:Q", title="ms", scale=alt.Scale(type="log"), axis=alt.Axis(format=",", tickCount=3))
    points = base.mark_line(point=True).encode(y=y)
    spread = base.mark_rule(strokeWidth=2).encode(y="least:Q", y2="most:Q")
    return _panel("Alert latency by rate: ms", points, spread)


def _percentiles(name: str, latency: Latency) -> list[dict[str, Any]]:
    rows = []
    for percentile in _PERCENTILES:
        found = [getattr(run, percentile) for run in latency.runs]
        rows.append(
            {
                "name": f"{name} {percentile}",
                "rate": latency.rate,
                "median": getattr(latency, percentile),
                "least": min(found),
                "most": max(found),
            }
        )
    return rows


def _panel(title: str, *layers: alt.Chart) -> alt.LayerChart:
    return alt.LayerChart(layer=list(layers), width=_WIDTH, height=_HEIGHT, title=title)
