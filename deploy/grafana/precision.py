"""The panel of how often rules are right, which two dashboards show."""

from grafana_foundation_sdk.builders import table as table_panel

from deploy.grafana import fields
from deploy.grafana.archived import PRECISION
from deploy.grafana.panels import listing
from deploy.grafana.queries import table
from deploy.grafana.variables import any_of


def precision(width: int) -> table_panel.Panel:
    """For each rule how its alerts were marked."""
    panel = listing(
        "Precision by rule",
        "Of the alerts that were marked confirmed or false positive, the share that was confirmed. With few "
        "marked ones it says little. Mark alerts with `detector alerts mark ALERT_ID "
        "confirmed|false_positive|unclear`.",
        table(
            "SELECT rule_id, mode, count(*) AS alerts, "
            "count(*) FILTER (WHERE disposition = 'confirmed') AS confirmed, "
            "count(*) FILTER (WHERE disposition = 'false_positive') AS false_positive, "
            "count(*) FILTER (WHERE disposition = 'unclear') AS unclear, "
            "count(*) FILTER (WHERE disposition IS NULL) AS unmarked, "
            f"{PRECISION} AS precision "
            f"FROM fraud.alert_rows WHERE $__timeFilter(event_time) AND {any_of('rule_id', 'rule')} "
            "GROUP BY 1, 2 ORDER BY alerts DESC"
        ),
        width=width,
    )
    return panel.override_by_name("precision", fields.unit("percentunit"))
