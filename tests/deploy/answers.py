"""What Prometheus and PostgreSQL answer to the queries of dashboards."""

import json
import math
import re
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg

from tests.deploy.dashboards import Asked, committed, variables
from tests.deploy.interpolation import Range, Value, Values, initial, promql, sql

_FALLBACK = " or vector(0)"
_LABELS = re.compile(r"label_values\((.*), (\w+)\)")


@dataclass(frozen=True)
class Answer:
    """How many rows or series, of which columns, which of them empty, and whether numbers are not 0."""

    rows: int
    columns: tuple[str, ...]
    empty: tuple[str, ...]
    is_alive: bool


class Sources:
    """Asks as Grafana would, through a user who may only read."""

    def __init__(self, prometheus: str, postgres: psycopg.Connection, times: Range) -> None:
        self._prometheus = prometheus
        self._postgres = postgres
        self._times = times

    def values(self, dashboard: str, chosen: Values) -> Values:
        """The values of a dashboard's variables: what is chosen, else what it begins with."""
        found: dict[str, Value] = {}
        for name, variable in variables(committed()[dashboard]).items():
            offered = partial(self.options, variable, found)  # may depend on variables before it
            found[name] = chosen[name] if name in chosen else initial(variable, offered)
        return found

    def options(self, variable: Mapping[str, Any], values: Values) -> list[str]:
        """What a query variable offers."""
        if variable["datasource"]["type"] == "prometheus":
            found = _LABELS.fullmatch(promql(variable["query"], values, self._times, 1))
            assert found is not None, variable["query"]
            return list(self._get(f"label/{found[2]}/values", **{"match[]": found[1]}))
        text = sql(variable["query"], values, self._times, 1)
        return [value for (value,) in self._postgres.execute(text).fetchall()]

    def answer(self, asked: Asked, values: Values) -> Answer:
        """What a panel's query gives."""
        step = self._times.step(asked.panel)
        if asked.is_sql:
            return self._rows(sql(asked.text, values, self._times, step))
        # What stands in for an answer that is missing must not hide that it is.
        text = promql(asked.text.removesuffix(_FALLBACK), values, self._times, step)
        return _series(self._latest(text) if asked.query["instant"] else self._over_time(text, step))

    def exemplars(self, asked: Asked, values: Values) -> set[str]:
        """The alerts that dots of a panel lead to."""
        text = promql(asked.text, values, self._times, 1)
        found = self._get("query_exemplars", query=text, start=self._times.start, end=self._times.end)
        return {dot["labels"]["alert_id"] for series in found for dot in series["exemplars"]}

    def _latest(self, text: str) -> list[list[str]]:
        result = self._get("query", query=text, time=self._times.end)["result"]
        return [[series["value"][1]] for series in result]

    def _over_time(self, text: str, step: int) -> list[list[str]]:
        start, end = (at // step * step for at in (self._times.start, self._times.end + step))
        result = self._get("query_range", query=text, start=start, end=end, step=step)["result"]
        return [[value for _, value in series["values"]] for series in result]

    def _rows(self, text: str) -> Answer:
        cursor = self._postgres.execute(text)
        assert cursor.description is not None
        rows = cursor.fetchall()
        names = [column.name for column in cursor.description]
        columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
        alive = {name: [value for value in values if value is not None] for name, values in columns.items()}
        numbers = {
            name: values
            for name, values in alive.items()
            if values and isinstance(values[0], int | float | Decimal)
        }
        empty = tuple(name for name, values in alive.items() if not values)
        return Answer(len(rows), tuple(names), empty, all(map(any, numbers.values())))

    def _get(self, path: str, **parameters: object) -> Any:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self._prometheus}/api/v1/{path}?{query}", timeout=10) as reply:
            return json.load(reply)["data"]


def _series(found: list[list[str]]) -> Answer:
    """The answer of these series' numbers; those that could not be told are none."""
    told = [[number for number in map(float, numbers) if not math.isnan(number)] for numbers in found]
    return Answer(sum(map(bool, told)), (), (), any(map(any, told)))
