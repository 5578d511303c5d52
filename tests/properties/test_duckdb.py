"""The measures of windows against DuckDB's window functions: a second oracle, over many more rows."""

import json
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import duckdb
import pytest

from .agreement import Event, Rule, place
from .engine_runs import Detector, decoded, read_rules
from .streams import MINUTE, START

ROWS = 100_000
MOST_TIES = 1_024
"""An event's place as one number: its time times this, and its rank among those of the same ms."""


class Watch(NamedTuple):
    """A selector as the rule language and as SQL say it; durations in minutes."""

    event: list[str]
    where: dict[str, Any]
    sql: str
    within: int
    before: int = 0


WATCHES = {
    "few": Watch(["debit"], {}, "type = 'debit'", within=10),
    "bare": Watch(
        ["debit", "transfer"],
        {"auth_method": "none", "card_id": {"exists": True}},
        "type IN ('debit', 'transfer') AND auth_method = 'none' AND card_id IS NOT NULL",
        within=120,
    ),
    "base": Watch(
        ["debit", "transfer", "instalment"],
        {},
        "type IN ('debit', 'transfer', 'instalment')",
        within=360,
        before=60,
    ),
    "large": Watch(
        ["debit"], {"amount": {"gte": 500}}, "type = 'debit' AND amount >= 500", within=120, before=10
    ),
}
MEASURES = {
    "count({})": "count(*) FILTER ({sql}) OVER {window}",
    "sum({}.amount)": "coalesce(sum(amount) FILTER ({sql}) OVER {window}, 0)",
    "max({}.amount)": "max(amount) FILTER ({sql}) OVER {window}",
    "min({}.amount)": "min(amount) FILTER ({sql}) OVER {window}",
    "last({}.amount)": "last_value(CASE WHEN {sql} THEN amount END IGNORE NULLS) OVER {window}",
    "last({}.card_id)": "last_value(CASE WHEN {sql} THEN card_id END IGNORE NULLS) OVER {window}",
    "distinct({}.amount)": "count(DISTINCT CASE WHEN {sql} THEN amount END) OVER {window}",
    "distinct({}.card_id)": "count(DISTINCT CASE WHEN {sql} THEN card_id END) OVER {window}",
    "span({})": "coalesce((max(event_time) FILTER ({sql}) OVER {window})"
    " - (min(event_time) FILTER ({sql}) OVER {window}), 0)",
}
ALWAYS = {"last({}.card_id)": {"ne": "none"}, "span({})": {"gte": "0s"}}
RULES = {
    "by-user": (["user_id"], ["bare", "base"]),
    "by-user-and-merchant": (["user_id", "merchant_id"], ["few", "large"]),
}
"""The key and the selectors of each rule."""


def rule(rule_id: str) -> Rule:
    """A rule that every event it selects makes hold, and whose alerts carry all measures that are any."""
    by, watches = RULES[rule_id]
    selectors = {
        name: {"event": watch.event, "where": watch.where, "within": f"{watch.within}m"}
        | ({"before": f"{watch.before}m"} if watch.before else {})
        for name, watch in WATCHES.items()
        if name in watches
    }
    return {
        "id": rule_id,
        "by": by,
        "cooldown": "0s",
        "explanation": {"en": "always", "zh": "总是"},
        "window": {"select": selectors},
        "when": [
            {measure.format(name): ALWAYS.get(measure, {"gte": 0})}
            for name in watches
            for measure in MEASURES
        ],
    }


def query(rule_id: str) -> str:
    """All measures of every event that a selector of the rule selects, and that has a key."""
    by, watches = RULES[rule_id]
    columns = [
        sql.format(sql=watch.sql, window=f"{name}_") + f' AS "{measure.format(name)}"'
        for name, watch in WATCHES.items()
        if name in watches
        for measure, sql in MEASURES.items()
    ]
    return f"""
        SELECT event_id, {", ".join(columns)}
        FROM (
            SELECT *, event_time * {MOST_TIES} + rank AS place FROM (
                SELECT *, row_number() OVER (PARTITION BY user_id, event_time ORDER BY event_id) - 1 AS rank
                FROM events
            )
        )
        WHERE {" AND ".join(f"{field} IS NOT NULL" for field in by)}
        WINDOW {", ".join(_frame(name, by) for name in watches)}
        QUALIFY {" OR ".join(f"({WATCHES[name].sql})" for name in watches)}
    """


def _frame(name: str, by: list[str]) -> str:
    watch = WATCHES[name]
    # Later than `within` ago: from the first place of the next ms on. At least `before` ago: up to the last
    # place of that ms.
    first = f"(rank + {(watch.within * MINUTE - 1) * MOST_TIES}) PRECEDING"
    last = f"(rank + {watch.before * MINUTE * MOST_TIES - MOST_TIES + 1}) PRECEDING"
    return (
        f"{name}_ AS (PARTITION BY {', '.join(by)} ORDER BY place"
        f" RANGE BETWEEN {first} AND {last if watch.before else 'CURRENT ROW'})"
    )


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """Three days of a few hundred users, some of them busy; many ties, and many at a bound of a window."""
    rng = Random(1)
    users = [f"u{n}" for n in range(400)]
    weights = [6 if n < 5 else 1 for n in range(400)]
    return [_event(rng, number, user) for number, user in enumerate(rng.choices(users, weights, k=ROWS))]


def _event(rng: Random, number: int, user: str) -> Event:
    kind = rng.choice(["debit"] * 5 + ["transfer"] * 2 + ["instalment", "login"])
    event: Event = {
        "event_id": f"{rng.randrange(16**6):x}-{number}",
        "type": kind,
        "user_id": user,
        "event_time": START + rng.randrange(4_320) * MINUTE + rng.choice([0] * 8 + [-1, 1]),
    }
    if kind == "login":
        return event | {"new_device": False}
    event |= {
        "amount": rng.choice([0, 100, 100, 499, 500, 501, rng.randrange(10_000)]),
        "currency": "CNY",
        "auth_method": rng.choice(["none", "none", "password"]),
        "payee_id" if kind == "transfer" else "merchant_id": f"m{rng.randrange(5)}",
    }
    if kind == "instalment":
        return event | {"instalments": 12}
    return event | {"card_id": rng.choice([None, *(f"k{n}" for n in range(20))])}


@pytest.fixture
def table(events: list[Event], tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """The events as a table."""
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(map(json.dumps, events)))
    columns = {
        **dict.fromkeys(["event_id", "type", "user_id", "merchant_id", "auth_method", "card_id"], "VARCHAR"),
        **dict.fromkeys(["event_time", "amount"], "BIGINT"),
    }
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    read = f"read_json('{file}', format = 'newline_delimited', columns = {columns})"
    connection.execute(f"CREATE TABLE events AS SELECT * FROM {read}")
    return connection


@pytest.mark.parametrize("rule_id", RULES)
def test_the_measures_of_every_event_are_those_of_duckdb(rule_id, events, table):
    found = table.execute(query(rule_id))
    names = [column[0] for column in found.description]
    expected = {}
    while rows := found.fetchmany(10_000):
        for event_id, *values in rows:
            expected[event_id] = {
                name: value for name, value in zip(names[1:], values, strict=True) if value is not None
            }
    in_order = sorted(events, key=place)
    alerts = Detector(read_rules([rule(rule_id)])).run(map(decoded, in_order))
    assert len(alerts) == len(expected) > ROWS / 2
    for alert in alerts:
        assert alert.measures == expected[alert.anchor.event_id], alert.anchor.event_id
        assert not alert.approximate
