"""Dashboards and provisioning as Grafana reads them: what can be told without one."""

import json
import re
from collections import Counter
from itertools import combinations
from urllib.parse import parse_qs, urlsplit

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana.made import made
from detector.archive.metrics import ArchiveMetrics
from detector.monitor.metrics import Metrics
from tests.deploy.dashboards import FOLDER, asked, committed, overridden, panels, variables
from tests.deploy.detector_files import read_yaml

DASHBOARDS = committed()
PANELS = {f"{uid} / {panel['title']}": panel for uid, found in DASHBOARDS.items() for panel in panels(found)}
PROMQL = [query for query in asked() if not query.is_sql]
PROVISIONING = FOLDER.parent / "provisioning"
METRIC = re.compile(r"\b(?:ALERTS|up|(?:detector|process)_\w+)(?={)")

each_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
each_panel = pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
each_promql = pytest.mark.parametrize("query", PROMQL, ids=str)


def test_the_files_are_what_the_code_makes():
    assert made() == {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}


@each_dashboard
def test_nothing_is_lost_where_a_dashboard_is_read_by_its_types(dashboard):
    register_default_plugins()
    read = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
    for link in read["links"]:
        del link["placement"]  # which the types set where nothing is said
    assert read == dashboard


@pytest.mark.parametrize(("uid", "dashboard"), DASHBOARDS.items())
def test_a_dashboard_says_what_it_is_for_and_cannot_be_edited(uid, dashboard):
    assert (dashboard["uid"], dashboard["editable"], dashboard["schemaVersion"]) == (uid, False, 42)
    assert dashboard["description"].endswith(".")
    assert dashboard["refresh"] and dashboard["time"]["to"] == "now"


@each_dashboard
def test_panels_have_titles_and_ids_of_their_own(dashboard):
    for key in ("title", "id"):
        (_, most), *_ = Counter(panel[key] for panel in dashboard["panels"]).most_common(1)
        assert most == 1, key


@each_dashboard
def test_panels_lie_on_the_grid_and_not_on_each_other(dashboard):
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 and place["h"] > 0 for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or apart, (one, other)


@each_dashboard
def test_lines_of_panels_are_full(dashboard):
    covered = Counter()
    for place in (panel["gridPos"] for panel in dashboard["panels"]):
        for line in range(place["y"], place["y"] + place["h"]):
            covered[line] += place["w"]
    assert [line for line, width in covered.items() if width != 24] == []


@each_panel
def test_a_panel_says_what_it_shows_and_in_which_unit(panel):
    assert re.fullmatch(r"[A-Z].{30,}\.", panel["description"])
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert [target["refId"] for target in panel["targets"]] == list("ABCDE"[: len(panel["targets"])])


@each_panel
def test_a_graph_has_a_legend_and_names_its_series(panel):
    if panel["type"] == "timeseries":
        assert panel["options"]["legend"]["showLegend"]
        for target in panel["targets"]:
            assert target.get("legendFormat") or target["format"] == "time_series"


@each_panel
def test_a_panel_asks_the_data_source_that_is_chosen_on_top(panel):
    uids = {panel["datasource"]["uid"], *(target["datasource"]["uid"] for target in panel["targets"])}
    assert uids in ({"${prometheus_datasource}"}, {"${postgresql_datasource}"})


@each_dashboard
def test_all_variables_that_are_used_are_there_and_all_that_are_there_are_used(dashboard):
    known = variables(dashboard)
    text = str([dashboard["panels"], [variable.get("query") for variable in known.values()]])
    sources = str([variable.get("datasource") for variable in known.values()])
    used = set(re.findall(r"\$(?!__)\{?([a-z_]+)", text + sources)) - {"__url_time_range", "__data"}
    assert used == set(known)


@each_dashboard
def test_variables_are_asked_anew_when_the_time_changes(dashboard):
    for variable in variables(dashboard).values():
        if variable["type"] == "query":
            assert variable["refresh"] == 2, variable["name"]


@each_promql
def test_promql_looks_only_at_the_chosen_jobs_and_instances(query):
    # ALERTS has no job where an alarm is about several series.
    for found in METRIC.finditer(query.text):
        if found.group() != "ALERTS":
            assert query.text[found.end() :].startswith('{job=~"$job", instance=~"$instance"'), found.group()


@each_promql
def test_counters_are_only_asked_for_their_rate(query):
    for found in re.finditer(r"\w+_(?:total|bucket|sum|count)(?={)", query.text):
        assert query.text[: found.start()].endswith(("rate(", "increase(")), found.group()


@each_promql
def test_rates_are_over_the_rate_interval_or_all_of_the_range(query):
    spans = re.findall(r"\[([^]]+)]", query.text)
    assert set(spans) <= {"$__range" if query.query["instant"] else "$__rate_interval"}


@each_panel
def test_tables_of_metrics_keep_columns_that_their_queries_give(panel):
    if panel["type"] == "table" and panel["targets"][0].get("expr"):
        values = {f"Value #{target['refId']}" for target in panel["targets"]}
        labels = {
            label for target in panel["targets"] for label in re.findall(r"\w+", grouped(target["expr"]))
        }
        kept, organized = (step["options"] for step in panel["transformations"][-2:])
        assert set(kept["include"]["names"]) <= labels | values
        assert overridden(panel) <= set(organized["renameByName"].values())


def grouped(expr):
    """The labels of an aggregation."""
    return re.search(r"by \(([^)]*)\)", expr)[1]


def test_all_metrics_that_are_asked_for_exist_and_all_that_exist_are_asked_for():
    asked_for = {name for query in PROMQL for name in METRIC.findall(query.text)}
    ours = {name for name in asked_for if name.startswith("detector_")}
    exported = {
        family.name + ("_info" if family.type == "info" else "")
        for metrics in (Metrics("1"), ArchiveMetrics("1", lambda: True))
        for family in metrics.registry.collect()
        if family.name.startswith("detector_")
    }
    assert {re.sub("_(total|bucket|sum|count)$", "", name) for name in ours} == exported


def links(found):
    """All links to a dashboard, wherever they stand."""
    return re.findall(r"/d/[^\"'\s]+", str(found))


def test_links_lead_to_dashboards_and_variables_that_exist():
    alerts = (FOLDER.parents[1] / "prometheus" / "alerts" / "detector.yml").read_text(encoding="utf-8")
    for link in links([DASHBOARDS, provisioned("datasources"), alerts.splitlines()]):
        parts = urlsplit(link.replace("${__url_time_range}", "from=now"))
        known = variables(DASHBOARDS[parts.path.split("/")[2]])
        for name in parse_qs(parts.query):
            assert not name.startswith("var-") or name.removeprefix("var-") in known


def provisioned(kind):
    (path,) = (PROVISIONING / kind).iterdir()
    settings = read_yaml(path)
    assert settings["apiVersion"] == 1
    return settings["providers" if kind == "dashboards" else kind]


@each_dashboard
def test_the_data_sources_that_a_dashboard_begins_with_are_provisioned(dashboard):
    kinds = {source["uid"]: source["type"] for source in provisioned("datasources")}
    for variable in variables(dashboard).values():
        if variable["type"] == "datasource":
            assert kinds[variable["current"]["value"]] == variable["query"]


def test_what_differs_between_places_comes_from_the_environment():
    needed = set()
    for source in provisioned("datasources"):
        needed |= set(re.findall(r"(?<!\$)\$\{(\w+)}", str(source)))
        assert source["url"].startswith("${") and source["editable"] is False
        assert all(value.startswith("${") for value in source.get("secureJsonData", {}).values())
    assert needed == {
        "PROMETHEUS_URL",
        *(f"POSTGRES_{name}" for name in ("HOST", "PORT", "DATABASE", "USER", "PASSWORD", "SSLMODE")),
    }


def test_dots_of_the_latency_panels_lead_to_their_alert():
    dotted = {query.title for query in PROMQL if query.query.get("exemplar")}
    assert dotted == {"From record to alert"}
    (prometheus,) = (source for source in provisioned("datasources") if source["type"] == "prometheus")
    (link,) = prometheus["jsonData"]["exemplarTraceIdDestinations"]
    assert link["name"] == "alert_id" and link["url"].endswith("$${__value.raw}")


def test_dashboards_are_read_from_a_folder_and_changed_there_alone():
    (provider,) = provisioned("dashboards")
    assert (provider["type"], provider["allowUiUpdates"]) == ("file", False)
    assert provider["options"]["path"] == "/etc/grafana/dashboards"
