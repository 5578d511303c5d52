"""Every query of every dashboard finds data, on real servers that the real detector has worked with."""

import re
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg

from tests.deploy.answers import Answer, Sources
from tests.deploy.dashboards import Asked, asked, committed, overridden, variables
from tests.deploy.interpolation import Range, Values
from tests.deploy.scene import Scene, looked_at
from tests.integration.live import live_on
from tests.servers.kafka import RunningKafka
from tests.servers.postgres import RunningPostgres
from tests.servers.prometheus import running_prometheus
from tests.servers.topics import Topics

_RANGE_SECONDS = 5 * 3600
_METRIC = re.compile(r"\b(?:ALERTS|up|(?:detector|process)_\w+)(?={)")
# Where all is well these stand at 0: what waits for a moment only, and a limit that Redis was not given.
_MAY_BE_ZERO = {
    "Alerts on their way",
    "Behind by topic, records",
    "Behind, records",
    "Behind, time",
    "Furthest behind",
    "Not archived yet",
    "Redis memory",
}


async def test_every_query_of_every_dashboard_finds_data(
    kafka: RunningKafka, redis_url: str, postgres: RunningPostgres, topics: Topics, tmp_path: Path
) -> None:
    database = postgres.new_database()
    async with live_on(kafka.bootstrap, redis_url, topics, tmp_path) as live:
        scene = Scene(live, f"postgresql://127.0.0.1:{postgres.port}/{database}")
        with running_prometheus(scene.jobs, {"DetectorTest": "up == 1"}) as prometheus, closing(scene):
            # Given a worker and an archive to which everything has happened
            await scene.play()
            with postgres.connect(database) as owner:
                marked = looked_at(owner)
                scene.mark(marked)
                reader = reader_of(owner, database)
                alert_ids = {found for (found,) in owner.execute("SELECT alert_id FROM fraud.alerts")}
            # Then whoever may only read finds data in every panel, and would miss it
            now = int(time.time())
            with postgres.connect(database, reader) as connection:
                sources = Sources(prometheus, connection, Range(now - _RANGE_SECONDS, now))
                chosen = {"alert_id": marked["confirmed"][0]}
                assert troubles(sources, chosen) == []
                assert found_by_misspelt_metrics(sources) == []
                assert empty_variables(sources) == []
                assert_dots_lead_to_alerts(sources, alert_ids)
                assert_quotes_do_no_harm(sources)


def reader_of(owner: psycopg.Connection, database: str) -> str:
    """Make a role that may do what Grafana's may, and no more."""
    role = f"reader_of_{database}"
    owner.execute(f"CREATE ROLE {role} LOGIN")
    owner.execute(f"GRANT USAGE ON SCHEMA fraud TO {role}")
    owner.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA fraud TO {role}")
    return role


def troubles(sources: Sources, chosen: Values) -> list[str]:
    """The queries that find nothing, or leave a column empty; prints what each has found."""
    values = {uid: sources.values(uid, chosen) for uid in committed()}
    found = [(query, sources.answer(query, values[query.dashboard])) for query in asked()]
    print(*(f"{query}: {answer.rows}" for query, answer in found), sep="\n")
    return [f"{query}: {trouble}" for query, answer in found if (trouble := trouble_of(query, answer))]


def trouble_of(query: Asked, answer: Answer) -> str | None:
    if not answer.rows:
        return "nothing"
    if answer.empty:
        return f"no {', '.join(answer.empty)}"
    if strange := strange_columns(query, answer):
        return f"no column {', '.join(strange)}"
    return None if answer.is_alive or query.title in _MAY_BE_ZERO else "only 0"


def strange_columns(query: Asked, answer: Answer) -> set[str]:
    """The columns of a table of rows that something is said of, and that are not there."""
    is_table_of_rows = query.is_sql and query.panel["type"] == "table"
    return overridden(query.panel) - {*answer.columns} if is_table_of_rows else set()


def found_by_misspelt_metrics(sources: Sources) -> list[str]:
    """The queries that find data though none of their metrics is there."""
    found = []
    for query in asked():
        if not query.is_sql:
            misspelt = query.query | {"expr": _METRIC.sub(lambda metric: f"{metric[0]}_s", query.text)}
            if sources.answer(replace(query, query=misspelt), sources.values(query.dashboard, {})).rows:
                found.append(str(query))
    return found


def empty_variables(sources: Sources) -> list[str]:
    """The variables that offer nothing."""
    return [
        f"{uid} / {name}"
        for uid, dashboard in committed().items()
        for name, variable in variables(dashboard).items()
        if variable["type"] == "query" and not sources.options(variable, sources.values(uid, {}))
    ]


def assert_dots_lead_to_alerts(sources: Sources, alert_ids: set[str]) -> None:
    dotted = [query for query in asked() if query.query.get("exemplar")]
    assert len(dotted) == 2
    for query in dotted:
        dots = sources.exemplars(query, sources.values(query.dashboard, {}))
        assert dots and dots <= alert_ids


def assert_quotes_do_no_harm(sources: Sources) -> None:
    """What is typed is text to PostgreSQL, and what does not exist gives nothing."""
    for query in asked():
        if query.is_sql:
            names = re.findall(r"\$\{(\w+):sqlstring}", query.text)
            typed = sources.values(query.dashboard, dict.fromkeys(names, "' OR true --"))
            assert sources.answer(query, typed).rows <= 1
