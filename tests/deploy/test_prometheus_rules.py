"""Prometheus' rules: valid, each proved by a case that fires and one that does not, each with its runbook."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from detector.archive.metrics import OUTCOMES
from detector.core import engine
from detector.core.events import Reason
from detector.core.rule import Mode
from detector.monitor.metrics import Metrics
from detector.state import store
from detector.stream import reload
from tests.archive.test_metrics import LABELS as LABELS_OF_THE_ARCHIVE
from tests.deploy.prometheus_files import ALERTS, PROMETHEUS, RULES, TESTS, Selector, cases, rules, selectors
from tests.monitor.test_metrics import LABELS
from tests.servers.prometheus import promtool

RUNBOOKS = PROMETHEUS.parents[1] / "docs" / "runbooks.md"
OF_THE_SCRAPE = {"job", "instance", "worker"}

METRICS = {
    **LABELS,
    **LABELS_OF_THE_ARCHIVE,
    **{
        sample.name: set()
        for family in Metrics("1").registry.collect()
        for sample in family.samples
        if family.name.startswith("process_")
    },
    "up": set(),
}
VALUES = {
    ("detector_events_total", "outcome"): {*engine.Outcome, "refused"},
    ("detector_late_events_total", "outcome"): set(engine.Outcome),
    ("detector_state_commits_total", "outcome"): set(store.Outcome),
    ("detector_rules_reload_total", "outcome"): set(reload.Outcome),
    ("detector_dead_letters_total", "reason"): set(Reason),
    ("detector_alerts_total", "mode"): set(Mode),
    ("detector_rule_info", "mode"): set(Mode),
    ("detector_archive_alerts_total", "outcome"): set(OUTCOMES),
}


def alert_names() -> list[str]:
    return [rule["alert"] for rule in rules(ALERTS)]


def test_the_rules_are_valid_and_have_nothing_to_be_linted() -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", *RULES, *ALERTS)


def test_the_configuration_finds_the_rules_and_scrapes_the_jobs_that_they_ask_for() -> None:
    promtool("check", "config", PROMETHEUS / "prometheus.yml")


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_what_fires_and_what_does_not(path: Path) -> None:
    promtool("test", "rules", path)


def test_each_alert_is_seen_to_fire_and_not_to_fire() -> None:
    expected = [told for case in cases() for told in case.get("alert_rule_test", [])]
    fires = {told["alertname"] for told in expected if told["exp_alerts"]}
    rests = {told["alertname"] for told in expected if not told["exp_alerts"]}

    assert fires == rests == set(alert_names())


def test_what_is_recorded_is_tested_and_used() -> None:
    recorded = {rule["record"] for rule in rules(RULES)}
    tested = {told["expr"] for case in cases() for told in case.get("promql_expr_test", [])}
    asked_for = " ".join(rule["expr"] for rule in rules(ALERTS))

    assert recorded == tested
    assert {name for name in recorded if name in asked_for} == recorded


def test_each_rule_asks_one_job_for_series_that_it_has() -> None:
    for rule in rules(RULES + ALERTS):
        for selector in selectors(rule["expr"]):
            assert_known(selector)
            if selector.metric != "up":
                is_archive = selector.metric.startswith("detector_archive")
                assert selector.labels["job"] == ("detector-archive" if is_archive else "detector")


def test_each_case_gives_series_as_the_detector_has_them() -> None:
    for case in cases():
        for given in case["input_series"]:
            [selector] = selectors(given["series"])
            assert_known(selector)
            assert labels_of(selector.metric) | {"job", "instance"} <= selector.labels.keys(), given["series"]


def test_what_the_runbooks_ask_prometheus_is_valid_and_there(tmp_path: Path) -> None:
    asked = [text for text in queries(RUNBOOKS) if any(selectors(text))]
    for text in asked:
        for selector in selectors(text):
            assert_known(selector)
    rule_file = {
        "groups": [{"name": "g", "rules": [{"record": f"r{i}", "expr": q} for i, q in enumerate(asked)]}]
    }
    path = tmp_path / "queries.json"
    path.write_text(json.dumps(rule_file))

    promtool("check", "rules", path)
    assert len(asked) > 40


def assert_known(selector: Selector) -> None:
    """It has a metric of the detector's, with labels and values that this has."""
    metric, labels = selector
    assert labels.keys() <= labels_of(metric) | OF_THE_SCRAPE, metric
    for name, value in labels.items():
        assert value in VALUES.get((metric, name), {value}), f"{metric} has no {name} {value}"


def labels_of(metric: str) -> set[str]:
    """The labels of a series of the detector's, also of one of a histogram's."""
    histogram, _, part = metric.rpartition("_")
    if part in ("bucket", "count", "sum"):
        return METRICS[histogram] | ({"le"} if part == "bucket" else set())
    return METRICS[metric]


def queries(page: Path) -> Iterator[str]:
    """What a page shows as code in its text, and each line of its PromQL."""
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "fence" and token.info == "promql":
            yield from token.content.splitlines()
        for child in token.children or ():
            if child.type == "code_inline":
                yield child.content


def test_each_alert_says_how_bad_it_is_and_where_to_look() -> None:
    for rule in rules(ALERTS):
        name, notes = rule["alert"], rule["annotations"]
        assert name.startswith("Detector")
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert notes.keys() == {"summary", "description", "runbook_url", "dashboard_url"}
        assert notes["runbook_url"] == f"docs/runbooks.md#{name.lower()}"
        assert notes["dashboard_url"].startswith("/d/")


def test_each_alert_has_one_section_of_the_runbooks_that_knows_how_bad_it_is_and_no_section_is_left() -> None:
    tokens = MarkdownIt().parse(RUNBOOKS.read_text(encoding="utf-8"))
    told = {
        tokens[at + 1].content: tokens[at + 4].content
        for at, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h2"
    }
    severities = {name: re.split(r"\W", text, maxsplit=1)[0].lower() for name, text in told.items()}

    assert severities == {rule["alert"]: rule["labels"]["severity"] for rule in rules(ALERTS)}
    assert set(Counter(alert_names()).values()) == {1}
