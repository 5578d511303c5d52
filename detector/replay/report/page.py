"""One HTML file that holds the whole report, and asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib

import jinja2
import vl_convert
from markupsafe import Markup

from detector.core.times import utc
from detector.replay.report.alert_rows import alert_table
from detector.replay.report.charts.chart import CONFIG
from detector.replay.report.data import ReportData
from detector.replay.report.figures import figures
from detector.replay.report.run_facts import partial, run_facts
from detector.replay.report.sections import sections
from detector.replay.report.stories import stories
from detector.replay.report.words import number, span

_LIBRARY = "window.vegaEmbed = vegaEmbed;"


def report(data: ReportData) -> str:
    """The page: what was run, key figures, charts, tables that sort and filter, and example cases.

    It holds the ids of users, as an analyst needs them: it is to be kept like the alerts themselves.
    """
    environment = _environment()
    parts = list(sections(data))
    charts = [chart for part in parts for chart in part.charts]
    scripts = [vl_convert.javascript_bundle(_LIBRARY)] if charts else []
    scripts.append(_source(environment, "page.js"))
    return environment.get_template("page.html").render(
        data=data,
        figures=list(figures(data)),
        run_facts=list(run_facts(data.summary)),
        stopped=data.summary.interruption and partial(data.summary.interruption),
        sections=parts,
        drawn={"config": CONFIG, "charts": {chart.name: chart.spec for chart in charts}},
        alerts=alert_table(data.answers.standing.values(), data.answers.quality),
        stories=list(stories(data)),
        style=Markup(_source(environment, "page.css")),
        scripts=[Markup(script) for script in scripts],
        policy=_policy(scripts),
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, span=span, utc=utc)
    return environment


def _source(environment: jinja2.Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _policy(scripts: list[str]) -> str:
    """A content security policy: nothing is fetched, and no script runs but these."""
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'"


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
