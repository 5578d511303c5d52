"""Queries of panels: PromQL to Prometheus, SQL to the archive in PostgreSQL."""

from dataclasses import dataclass
from string import ascii_uppercase
from typing import Literal

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="${prometheus_datasource}")
POSTGRESQL = DataSourceRef(type_val="grafana-postgresql-datasource", uid="${postgresql_datasource}")

_SCRAPED = 'job=~"$job", instance=~"$instance"'


@dataclass
class Sql(Dataquery):
    """A query to PostgreSQL, which the SDK has no class for."""

    raw_sql: str
    result: Literal["table", "time_series"]
    ref_id: str = ""

    def to_json(self) -> dict[str, object]:
        """The fields as Grafana names them."""
        return {
            "datasource": POSTGRESQL,
            "editorMode": "code",
            "format": self.result,
            "rawQuery": True,
            "rawSql": self.raw_sql,
            "refId": self.ref_id,
        }


class SqlQuery(Builder[Dataquery]):
    """Builds a query to PostgreSQL."""

    def __init__(self, raw_sql: str, result: Literal["table", "time_series"]) -> None:
        self._query = Sql(raw_sql, result)

    def ref_id(self, ref_id: str) -> "SqlQuery":
        """Name the query within its panel."""
        self._query.ref_id = ref_id
        return self

    def build(self) -> Sql:
        """Give the query."""
        return self._query


Query = prometheus.Dataquery | SqlQuery


def series(expr: str, legend: str) -> prometheus.Dataquery:
    """Values over the time range; `%` stands for the matchers of the variables job and instance."""
    return _promql(expr).legend_format(legend).range()


def now(expr: str, legend: str) -> prometheus.Dataquery:
    """The latest values; `%` as for series."""
    return _promql(expr).legend_format(legend).instant()


def columns(expr: str) -> prometheus.Dataquery:
    """The latest values as a table with a column for each label; `%` as for series."""
    return _promql(expr).format(PromQueryFormat.TABLE).instant()


def table(raw_sql: str) -> SqlQuery:
    """Rows as they are."""
    return SqlQuery(raw_sql, "table")


def over_time(raw_sql: str) -> SqlQuery:
    """Rows of `time`, `metric` and values as one series for each metric."""
    return SqlQuery(raw_sql, "time_series")


def quantiles(histogram: str, exemplar: bool = False) -> list[prometheus.Dataquery]:
    """The p50, p95 and p99 of a histogram, the first with its exemplars where asked for."""
    ranked = [
        series(
            f"histogram_quantile({rank}, sum by (le) (rate({histogram}_bucket{{%}}[$__rate_interval])))", name
        )
        for rank, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
    ]
    ranked[0].exemplar(exemplar)
    return ranked


def named(queries: tuple[Query, ...]) -> list[Builder[Dataquery]]:
    """The queries of a panel, named A, B, C."""
    return [query.ref_id(name) for query, name in zip(queries, ascii_uppercase, strict=False)]


def scraped(expr: str) -> str:
    """Put the matchers of the job and instance variables in place of `%`."""
    return expr.replace("%", _SCRAPED)


def _promql(expr: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(scraped(expr)).datasource(PROMETHEUS)
