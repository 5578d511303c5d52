"""SQL that several panels share, over `fraud.alert_rows`: a row for each alert, with its newest mark.

The time of an alert is that of its event, which the archive has an index on.
"""

from deploy.grafana.variables import any_of

YUAN = "currency:¥"
"""The unit of amounts divided by 100, which the archive holds in fen."""

LIVE = f"$__timeFilter(event_time) AND mode = 'live' AND {any_of('rule_id', 'rule')}"
"""Alerts of live rules in the time range; those of shadow rules reach nobody."""

STANDING = f"{LIVE} AND status = 'raised'"
"""Of these, what was not withdrawn."""

PRECISION = (
    "count(*) FILTER (WHERE disposition = 'confirmed')::float "
    "/ nullif(count(*) FILTER (WHERE disposition IN ('confirmed', 'false_positive')), 0)"
)
"""The share of alerts marked right or wrong that were right; null where none is marked so."""


def counted_by(column: str, where: str, value: str = "count(*)") -> str:
    """A value over time for each value of a column."""
    return (
        f"SELECT $__timeGroupAlias(event_time, $__interval), {column} AS metric, {value} AS value "
        f"FROM fraud.alert_rows WHERE {where} GROUP BY 1, 2 ORDER BY 1, 2"
    )
