"""A chart of the page, and what all charts have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

import altair

from detector.core.rule import Severity

AltairChart: TypeAlias = altair.Chart | altair.LayerChart

RANKS = {severity: rank for rank, severity in enumerate(Severity)}
"""How grave severities are, from 0: the order in which they are stacked."""

CONFIG: dict[str, Any] = {
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "mark": {"color": "var(--accent)"},
    "axis": {
        "domainColor": "var(--line)",
        "gridColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelLimit": 200,
    },
    "text": {"color": "var(--ink)", "fontSize": 12},
    "legend": {
        "labelColor": "var(--ink)",
        "titleColor": "var(--soft)",
        "titleFontWeight": "normal",
        "orient": "top",
        "labelFontSize": 12,
        "labelLimit": 260,
        "columns": {"expr": "width < 420 ? 3 : 6"},
    },
}
"""How every chart is drawn; colours are again names of the page's style."""


class Chart(NamedTuple):
    """A chart with what stands above it; `spec` is Vega-Lite. A wide one has a row of the page to itself."""

    name: str
    title: str
    note: str
    spec: dict[str, Any]
    is_wide: bool = False


def in_colours(field: str, colours: Mapping[str, str]) -> altair.Color:
    """Each value of a field in its colour, by its name in the page's style."""
    scale = altair.Scale(domain=list(colours), range=[f"var(--{colour})" for colour in colours.values()])
    return altair.Color(f"{field}:N", scale=scale, title=None)


def by_severity(field: str, severities: Iterable[Severity]) -> altair.Color:
    """Severities in their colours, from the least to the gravest."""
    return in_colours(
        field, {severity: severity for severity in sorted(set(severities), key=RANKS.__getitem__)}
    )


def spec_of(chart: AltairChart, height: int) -> dict[str, Any]:
    """The Vega-Lite of a chart that is as wide as its place in the page; `height` in pixels."""
    spec = chart.properties(width="container", height=height).to_dict()
    # The page gives all charts one configuration.
    del spec["config"]
    return spec
