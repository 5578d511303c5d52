"""The committed dashboards, and what is asked of in them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.deploy.detector_files import ROOT

FOLDER = ROOT / "deploy" / "grafana" / "dashboards"


@dataclass(frozen=True)
class Asked:
    """One query of a panel."""

    dashboard: str
    panel: dict[str, Any]
    query: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.dashboard} / {self.title} / {self.query['refId']}"

    @property
    def title(self) -> str:
        return self.panel["title"]

    @property
    def is_sql(self) -> bool:
        return "rawSql" in self.query

    @property
    def text(self) -> str:
        return self.query["rawSql"] if self.is_sql else self.query["expr"]


@cache
def committed() -> dict[str, dict[str, Any]]:
    """The dashboards by uid."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def overridden(panel: dict[str, Any]) -> set[str]:
    """The columns and series that something particular is said of."""
    return {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}


def variables(dashboard: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {variable["name"]: variable for variable in dashboard["templating"]["list"]}


def asked() -> Iterator[Asked]:
    """All queries of all panels."""
    for uid, dashboard in committed().items():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield Asked(uid, panel, target)
