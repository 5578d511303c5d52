"""Panels: what those of one kind have in common."""

from collections.abc import Mapping
from typing import TypeVar

from grafana_foundation_sdk.builders import bargauge, common, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import FieldColorModeId, Threshold, ThresholdsMode

from deploy.grafana import fields
from deploy.grafana.queries import POSTGRESQL, PROMETHEUS, Query, SqlQuery, named
from deploy.grafana.words import Words

_AnyPanel = TypeVar("_AnyPanel", stat.Panel, timeseries.Panel, table.Panel, bargauge.Panel)
Steps = Mapping[float | None, str]
"""Colours by the least value that has them; None: whatever is less."""

_NEUTRAL: Steps = {None: "blue"}


def figure(
    title: str, description: str, unit: str, query: Query, width: int = 4, colours: Steps = _NEUTRAL
) -> stat.Panel:
    """The latest value as a big figure, over a graph of how it came to it."""
    panel = _panel(stat.Panel(), title, description, unit, (query,)).span(width).height(4)
    panel.color_mode(BigValueColorMode.VALUE).graph_mode(BigValueGraphMode.AREA)
    panel.thresholds(_thresholds(colours)).color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    return panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))


def lines(
    title: str, description: str, unit: str, *queries: Query, width: int = 8, words: Words | None = None
) -> timeseries.Panel:
    """Lines over time; the legend has the latest and the greatest value of each."""
    panel = _over_time(title, description, unit, queries, words or {}).span(width)
    return panel.line_width(1).fill_opacity(8).legend(_legend("lastNotNull", "max"))


def bars(
    title: str, description: str, unit: str, *queries: Query, width: int = 8, words: Words | None = None
) -> timeseries.Panel:
    """Stacked bars of what happened in each interval."""
    panel = _over_time(title, description, unit, queries, words or {}).span(width)
    panel.draw_style(GraphDrawStyle.BARS).line_width(0).fill_opacity(70).interval("1m")
    panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    # Rows are counted exactly; rates overlap from bar to bar, so that their sum would say nothing.
    return panel.legend(_legend("sum") if isinstance(queries[0], SqlQuery) else _legend("mean", "max"))


def ranking(title: str, description: str, unit: str, query: Query, width: int = 8) -> bargauge.Panel:
    """A bar for each row of SQL, or for the latest value of each series."""
    panel = _panel(bargauge.Panel(), title, description, unit, (query,)).span(width).height(8)
    panel.orientation(VizOrientation.HORIZONTAL).display_mode(BarGaugeDisplayMode.BASIC).min(0)
    panel.thresholds(_thresholds(_NEUTRAL)).color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    each_row = isinstance(query, SqlQuery)
    return panel.reduce_options(common.ReduceDataOptions().values(each_row).calcs(["lastNotNull"]))


def listing(title: str, description: str, *queries: Query, width: int = 24, height: int = 8) -> table.Panel:
    """A table whose columns can be sorted and filtered."""
    panel = _panel(table.Panel(), title, description, "none", queries).span(width).height(height)
    return panel.filterable(True)


def _panel(
    panel: _AnyPanel, title: str, description: str, unit: str, queries: tuple[Query, ...]
) -> _AnyPanel:
    source = POSTGRESQL if isinstance(queries[0], SqlQuery) else PROMETHEUS
    panel.title(title).description(description).unit(unit).datasource(source)
    return panel.targets(named(queries))


def _over_time(
    title: str, description: str, unit: str, queries: tuple[Query, ...], words: Words
) -> timeseries.Panel:
    panel = _panel(timeseries.Panel(), title, description, unit, queries).height(8).min(0)
    panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    panel.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    for word, colour in words.items():
        panel.override_by_name(word, fields.colour(colour))
    return panel


def _legend(*calculations: str) -> common.VizLegendOptions:
    legend = common.VizLegendOptions().show_legend(True).placement(LegendPlacement.BOTTOM)
    return legend.display_mode(LegendDisplayMode.TABLE).calcs(list(calculations))


def _thresholds(colours: Steps) -> ThresholdsConfig:
    steps = [Threshold(value=least, color=colour) for least, colour in colours.items()]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
