"""The panel of the time to an alert, which two dashboards show."""

from grafana_foundation_sdk.builders import timeseries

from deploy.grafana.panels import lines
from deploy.grafana.queries import quantiles


def alert_latency(width: int) -> timeseries.Panel:
    """How long alerts take, with exemplars that lead to single alerts."""
    return lines(
        "From record to alert",
        "How long after its record came to Kafka an alert was acknowledged by Kafka: half of the alerts, 95 "
        "% and 99 % were faster. While a backlog is worked off this is long, for the records have waited. A "
        "dot is one alert: it leads to the alert itself.",
        "s",
        *quantiles("detector_alert_latency_seconds", exemplar=True),
        width=width,
    )
