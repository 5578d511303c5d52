"""The names, labels and shape of the archive's metrics, which dashboards and alert rules build on."""

from aiokafka import TopicPartition
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from detector.archive.metrics import ArchiveMetrics
from tests.monitor.test_metrics import labels_by_name

LABELS = {
    "detector_archive_alerts_total": {"outcome"},
    "detector_archive_lag_records": {"topic", "partition"},
    "detector_archive_write_seconds": set(),
    "detector_archive_last_write_timestamp_seconds": set(),
    "detector_archive_ready": set(),
    "detector_build_info": {"version"},
}


def test_names_and_labels_are_those_agreed_and_no_others() -> None:
    metrics = ArchiveMetrics("1", lambda: True)
    metrics.show_lags({TopicPartition("fraud.alerts", 0): 1})
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())

    found = labels_by_name(family for family in families if not family.name.startswith("process_"))

    assert found == LABELS


def test_readiness_is_asked_at_each_scrape() -> None:
    ready = [False, True]
    metrics = ArchiveMetrics("1", lambda: ready.pop(0))

    found = [metrics.registry.get_sample_value("detector_archive_ready") for _ in range(2)]

    assert found == [0, 1]


def test_each_outcome_is_there_before_it_happens() -> None:
    metrics = ArchiveMetrics("1", lambda: True)

    for outcome in ("written", "known", "refused"):
        assert metrics.registry.get_sample_value("detector_archive_alerts_total", {"outcome": outcome}) == 0


def test_a_partition_that_another_archive_has_now_leaves_no_lag_behind() -> None:
    metrics = ArchiveMetrics("1", lambda: True)
    metrics.show_lags({TopicPartition("t", 0): 5, TopicPartition("t", 1): 6})
    metrics.show_lags({TopicPartition("t", 1): 4})

    def lag(partition: str) -> float | None:
        labels = {"topic": "t", "partition": partition}
        return metrics.registry.get_sample_value("detector_archive_lag_records", labels)

    assert (lag("0"), lag("1")) == (None, 4)
