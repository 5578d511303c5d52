"""What Grafana puts in place of variables and macros before it asks a data source."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SCRAPE_SECONDS = 1
_MOST_POINTS = 1_000
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::(\w+))?}|(\w+))")
_MACRO = re.compile(r"\$(__\w+)\(([^)]*)\)")


@dataclass(frozen=True)
class Range:
    """The time range of a dashboard, Unix time."""

    start: int
    end: int

    def step(self, panel: Mapping[str, Any]) -> int:
        """The seconds from point to point: what fits, and no less than the panel says."""
        least = _seconds(panel.get("interval", f"{SCRAPE_SECONDS}s"))
        return max(least, -(-(self.end - self.start) // _MOST_POINTS))


@dataclass(frozen=True)
class Verbatim:
    """What stands for "All" where a variable says so itself."""

    text: str


Value = str | list[str] | Verbatim
Values = Mapping[str, Value]


def initial(variable: Mapping[str, Any], options: Callable[[], list[str]]) -> Value:
    """The value of a variable before anybody has chosen one."""
    value = variable["current"]["value"]
    if value != ["$__all"]:
        return value
    return Verbatim(variable["allValue"]) if "allValue" in variable else options()


def promql(text: str, values: Values, times: Range, step: int) -> str:
    """The query that Prometheus is asked."""
    builtin = {
        "__rate_interval": f"{max(step + SCRAPE_SECONDS, 4 * SCRAPE_SECONDS)}s",
        "__range": f"{times.end - times.start}s",
    }

    def replaced(found: re.Match[str]) -> str:
        name = found[1] or found[3]
        return builtin[name] if name in builtin else _as_regex(values[name])

    return _VARIABLE.sub(replaced, text)


def sql(text: str, values: Values, times: Range, step: int) -> str:
    """The query that PostgreSQL is asked."""

    def replaced(found: re.Match[str]) -> str:
        assert found[2] == "sqlstring", f"{found[0]} is not quoted"
        return _as_sql(values[found[1]])

    expanded = _MACRO.sub(lambda found: _macro(found, times), text.replace("$__interval", f"{step}s"))
    return _VARIABLE.sub(replaced, expanded)


def _as_regex(value: Value) -> str:
    if isinstance(value, Verbatim):
        return value.text
    escaped = [re.sub(r"([\\^$*+?.()|\[\]{}])", r"\\\\\1", item) for item in _list(value)]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _as_sql(value: Value) -> str:
    if isinstance(value, Verbatim):
        return value.text
    return ",".join("'" + item.replace("'", "''") + "'" for item in _list(value))


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _macro(found: re.Match[str], times: Range) -> str:
    start, end = (
        f"'{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}'" for at in (times.start, times.end)
    )
    name, arguments = found[1], [argument.strip() for argument in found[2].split(",")]
    if name == "__timeFilter":
        return f"{arguments[0]} BETWEEN {start} AND {end}"
    if name == "__timeGroupAlias":
        seconds = _seconds(arguments[1])
        return f'floor(extract(epoch from {arguments[0]})/{seconds})*{seconds} AS "time"'
    return {"__timeFrom": start, "__timeTo": end}[name]


def _seconds(duration: str) -> int:
    return int(duration[:-1]) * {"s": 1, "m": 60}[duration[-1]]
