"""The variables on top of the dashboards."""

from grafana_foundation_sdk.builders.dashboard import (
    CustomVariable,
    DatasourceVariable,
    QueryVariable,
    TextBoxVariable,
)
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh, VariableSort

from deploy.grafana.queries import POSTGRESQL, PROMETHEUS, scraped

Variable = CustomVariable | DatasourceVariable | QueryVariable | TextBoxVariable

_EVERYTHING = VariableOption(selected=True, text=["All"], value=["$__all"])
_ALL_IN_SQL = "'*'"
"""What "All" becomes in SQL: a value that `any_of` lets everything pass for, also where there are no "
"options yet."""


def any_of(column: str, variable: str) -> str:
    """The SQL condition that a column has one of the values chosen for a variable."""
    chosen = f"${{{variable}:sqlstring}}"
    return f"({_ALL_IN_SQL} IN ({chosen}) OR {column} IN ({chosen}))"


def prometheus_datasource() -> DatasourceVariable:
    """The Prometheus that scrapes the detector."""
    current = VariableOption(selected=True, text="Prometheus", value="fraud-prometheus")
    variable = DatasourceVariable("prometheus_datasource").label("Prometheus data source")
    return variable.type("prometheus").current(current)


def postgresql_datasource() -> DatasourceVariable:
    """The PostgreSQL that the archive writes to."""
    current = VariableOption(selected=True, text="Alert archive", value="fraud-postgresql")
    variable = DatasourceVariable("postgresql_datasource").label("PostgreSQL data source")
    return variable.type("grafana-postgresql-datasource").current(current)


def scrape() -> list[Variable]:
    """The scraped jobs and instances."""
    ready = '{__name__=~"detector_ready|detector_archive_ready"}'
    of_job = ready.replace("}", ', job=~"$job"}')
    return [
        # "All" is all that are listed: any other job has an `up` and a `process_cpu_seconds_total` as well.
        _labels("job", "Job", f"label_values({ready}, job)"),
        _labels("instance", "Instance", f"label_values({of_job}, instance)").all_value(".+"),
    ]


def loaded_rule() -> QueryVariable:
    """The rules that the workers have loaded; for PromQL, and for `any_of`."""
    return _labels("rule", "Rule", scraped("label_values(detector_rule_info{%}, rule_id)"))


def archived_rule() -> QueryVariable:
    """The rules that have raised an alert in the archive; for `any_of`."""
    variable = QueryVariable("rule").label("Rule").datasource(POSTGRESQL)
    variable.query("SELECT DISTINCT rule_id FROM fraud.alerts ORDER BY rule_id")
    return (
        variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
        .all_value(_ALL_IN_SQL)
        .current(_EVERYTHING)
    )


def choice(name: str, label: str, *values: str) -> CustomVariable:
    """Some of fixed values, at first all; for `any_of`."""
    variable = CustomVariable(name).label(label).values(",".join(values))
    return variable.multi(True).include_all(True).all_value(_ALL_IN_SQL).current(_EVERYTHING)


def text(name: str, label: str, description: str) -> TextBoxVariable:
    """A text that is typed, at first empty."""
    empty = VariableOption(selected=True, text="", value="")
    return TextBoxVariable(name).label(label).description(description).default_value("").current(empty)


def _labels(name: str, label: str, query: str) -> QueryVariable:
    variable = QueryVariable(name).label(label).datasource(PROMETHEUS).query(query)
    variable.sort(VariableSort.ALPHABETICAL_ASC).refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    return variable.multi(True).include_all(True).current(_EVERYTHING)
