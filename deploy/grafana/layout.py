"""A dashboard: its rows of panels, and what all dashboards have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, Row
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DashboardLinkType

from deploy.grafana.variables import Variable

_TAG = "fraud-detector"


@dataclass(frozen=True)
class About:
    """Which dashboard it is, for whom, and over how long it looks at first."""

    uid: str
    title: str
    description: str
    since: str


@dataclass(frozen=True)
class Section:
    """A titled row, and below it panels from left to right; they flow where a line is full."""

    title: str
    panels: Sequence[Builder[model.Panel]]


def laid_out(about: About, variables: list[Variable], sections: list[Section]) -> model.Dashboard:
    """The dashboard as Grafana reads it; panels are numbered from 1."""
    made = Dashboard(about.title).uid(about.uid).description(about.description).tags([_TAG])
    made.readonly().refresh("30s").time(about.since, "now").timezone("browser")
    made.tooltip(DashboardCursorSync.CROSSHAIR).link(_others()).variables(list(variables))
    for section in sections:
        made.with_row(Row(section.title))
        for panel in section.panels:
            made.with_panel(panel)
    built = made.build()
    for number, placed in enumerate(built.panels or [], 1):
        placed.id_val = number
    for link in built.links or []:
        # The SDK sets what hides links in a menu.
        link.placement = None  # type: ignore[assignment]
    return built


def _others() -> DashboardLink:
    link = DashboardLink("Fraud detector").type(DashboardLinkType.DASHBOARDS).tags([_TAG])
    return (
        link.as_dropdown(False).keep_time(True).include_vars(True).target_blank(False).icon("external link")
    )
