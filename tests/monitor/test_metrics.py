"""The names, labels and shape of the metrics, which dashboards and alert rules build on."""

import re
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from detector.monitor.metrics import Metrics
from tests.core.given import read
from tests.servers.prometheus import promtool

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
BURST = read(
    {
        "id": "burst",
        "severity": "high",
        "window": {"event": "debit", "within": "10m"},
        "when": [{"count": {"gte": 5}}],
        "overrides": [{"where": {"user_tier": "elderly"}, "severity": "critical"}],
    }
)

LABELS = {
    "detector_events_total": {"topic", "outcome"},
    "detector_alerts_total": {"rule_id", "severity", "mode"},
    "detector_alert_latency_seconds": set(),
    "detector_batch_seconds": {"stage"},
    "detector_batch_events": set(),
    "detector_consumer_lag_records": {"topic", "partition"},
    "detector_event_time_lag_seconds": {"topic"},
    "detector_late_events_total": {"topic", "outcome"},
    "detector_dead_letters_total": {"topic", "reason"},
    "detector_duplicates_total": {"topic"},
    "detector_outbox_alerts": set(),
    "detector_state_commits_total": {"outcome"},
    "detector_state_cache_keys": set(),
    "detector_histories_folded_total": set(),
    "detector_rules_reload_total": {"outcome"},
    "detector_rules_refused": set(),
    "detector_alerts_withdrawn_total": {"rule_id"},
    "detector_rebalances_total": set(),
    "detector_assigned_partitions": set(),
    "detector_rules": {"mode"},
    "detector_last_alert_timestamp_seconds": {"rule_id"},
    "detector_build_info": {"version"},
    "detector_ready": set(),
    "detector_redis_used_memory_bytes": set(),
    "detector_redis_max_memory_bytes": set(),
    "detector_rule_info": {"rule_id", "mode", "severity", "rule_version"},
    "detector_rule_evaluations_total": {"rule_id"},
}


def used_metrics() -> Metrics:
    """Metrics of which every one has a series."""
    metrics = Metrics("1.2.3")
    metrics.events_total.labels("payments", "accepted").inc(3)
    metrics.alerts_total.labels("r", "high", "live").inc()
    metrics.alert_latency_seconds.observe(0.02, {"alert_id": "0123456789abcdef0123456789abcdef"})
    metrics.batch_seconds.labels("commit").observe(0.004)
    metrics.batch_events.observe(50)
    metrics.consumer_lag_records.labels("payments", 0).set(7)
    metrics.event_time_lag_seconds.labels("payments").set(1.5)
    metrics.late_events_total.labels("payments", "evaluated").inc()
    metrics.dead_letters_total.labels("payments", "not_json").inc()
    metrics.duplicates_total.labels("payments").inc()
    metrics.outbox_alerts.set(0)
    metrics.state_commits_total.labels("applied").inc()
    metrics.state_cache_keys.set(10)
    metrics.histories_folded_total.inc()
    metrics.rules_reload_total.labels("applied").inc()
    metrics.alerts_withdrawn_total.labels("r").inc()
    metrics.rebalances_total.inc()
    metrics.assigned_partitions.set(4)
    metrics.show_rules([BURST])
    metrics.last_alert_timestamp_seconds.labels("r").set(1_767_225_600)
    return metrics


def exposed(metrics: Metrics) -> list[Metric]:
    """What a scrape reads, without what describes the process."""
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    return [family for family in families if not family.name.startswith("process_")]


def labels_by_name(families: Iterable[Metric]) -> dict[str, set[str]]:
    return {
        re.sub("_(bucket|count|sum)$", "", sample.name) if family.type == "histogram" else sample.name: {
            label for label in sample.labels if label != "le"
        }
        for family in families
        for sample in family.samples
    }


def test_names_and_labels_are_those_of_the_contract_and_no_others() -> None:
    assert labels_by_name(exposed(used_metrics())) == LABELS


def test_the_page_on_metrics_has_a_row_for_each() -> None:
    rows = re.findall(r"^\| `(detector_[a-z_]+)` \| (\w+) \|([^|]*)\|", PAGE.read_text(), re.MULTILINE)
    known = set().union(*LABELS.values())
    written = {name: (kind, known & set(re.findall("`([a-z_]+)`", cell))) for name, kind, cell in rows}

    def name_of(family: Metric) -> str:
        return f"{family.name}_total" if family.type == "counter" else family.name

    families = {name_of(family): family.type for family in exposed(used_metrics())}
    assert written == {name: (kind, LABELS[name]) for name, kind in families.items()}


def test_names_follow_the_rules_of_prometheus() -> None:
    for family in exposed(used_metrics()):
        assert family.documentation, family.name
        for sample in family.samples:
            assert re.fullmatch("[a-z][a-z_]*[a-z]", sample.name)
            assert sample.name.endswith("_total") == (family.type == "counter")
            assert not re.search("(milli|micro|_ms|_minutes)", sample.name)


def test_promtool_finds_nothing_to_say() -> None:
    assert promtool("check", "metrics", given=generate_latest(used_metrics().registry).decode()) == ""


def test_an_alert_can_be_found_from_the_latency_that_it_had() -> None:
    encode, _ = choose_encoder("application/openmetrics-text; version=1.0.0")
    lines = encode(used_metrics().registry).decode().splitlines()

    [line] = [line for line in lines if " # {" in line]
    assert line.startswith('detector_alert_latency_seconds_bucket{le="0.025"} 1.0')
    assert '# {alert_id="0123456789abcdef0123456789abcdef"} 0.02 ' in line


def test_rules_have_their_series_before_they_find_anything() -> None:
    metrics = Metrics("1")
    metrics.show_rules([BURST])

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"detector_{name}", labels)

    assert value("rules", mode="live") == 1
    assert value("rules", mode="shadow") == 0
    for severity in ("high", "critical"):
        assert value("alerts_total", rule_id="burst", severity=severity, mode="live") == 0
    assert value("alerts_withdrawn_total", rule_id="burst") == 0
    assert value("rule_evaluations_total", rule_id="burst") == 0


def test_a_rule_that_is_gone_is_no_longer_named() -> None:
    metrics = Metrics("1")
    metrics.show_rules([BURST])
    metrics.show_rules([])

    about = metrics.rule_info.collect()[0].samples
    assert about == []


def test_latency_has_classic_buckets_from_a_millisecond_to_five_seconds() -> None:
    [latency] = [
        family for family in exposed(used_metrics()) if family.name == "detector_alert_latency_seconds"
    ]
    bounds = [float(sample.labels["le"]) for sample in latency.samples if sample.name.endswith("_bucket")]

    assert (bounds[0], bounds[-2], bounds[-1]) == (0.001, 5.0, float("inf"))


def test_the_build_is_named() -> None:
    assert used_metrics().registry.get_sample_value("detector_build_info", {"version": "1.2.3"}) == 1


def test_a_revoked_partition_leaves_no_series_behind() -> None:
    metrics = Metrics("1")
    for partition in (0, 1):
        metrics.consumer_lag_records.labels("payments", partition).set(5)
    metrics.event_time_lag_seconds.labels("payments").set(9)
    metrics.event_time_lag_seconds.labels("logins").set(9)

    metrics.drop_partitions([("payments", 1), ("complaints", 1)])

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"detector_{name}", labels)

    assert value("consumer_lag_records", topic="payments", partition="0") == 5
    assert value("consumer_lag_records", topic="payments", partition="1") is None
    assert value("event_time_lag_seconds", topic="payments") is None
    assert value("event_time_lag_seconds", topic="logins") == 9


def test_two_workers_of_one_process_do_not_share_metrics() -> None:
    first, second = Metrics("1"), Metrics("1")
    first.rebalances_total.inc()

    assert second.registry.get_sample_value("detector_rebalances_total") == 0
