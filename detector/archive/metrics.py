"""The archive's metrics; no user, card or device is ever a label."""

from collections.abc import Callable, Mapping

from aiokafka import TopicPartition
from prometheus_client import Counter, Gauge, Histogram

from detector.monitor.registry import registry_of

OUTCOMES = ("written", "known", "refused")
_WRITE_BUCKETS_S = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class ArchiveMetrics:
    """All metrics, in a registry of their own; an attribute is named as its metric without its prefix."""

    def __init__(self, version: str, is_ready: Callable[[], bool]) -> None:
        self.registry = registry_of(version)
        self.alerts_total = Counter(
            "detector_archive_alerts",
            "Records read: written; known, as repeats and what a newer revision overtook are; or refused.",
            ["outcome"],
            registry=self.registry,
        )
        for outcome in OUTCOMES:
            self.alerts_total.labels(outcome)
        self.lag_records = Gauge(
            "detector_archive_lag_records",
            "Records of a partition that are not yet in the archive.",
            ["topic", "partition"],
            registry=self.registry,
        )
        self.write_seconds = Histogram(
            "detector_archive_write_seconds",
            "Time that PostgreSQL takes for a batch.",
            buckets=_WRITE_BUCKETS_S,
            registry=self.registry,
        )
        self.last_write_timestamp_seconds = Gauge(
            "detector_archive_last_write_timestamp_seconds",
            "When alerts were last written, Unix time.",
            registry=self.registry,
        )
        ready = Gauge(
            "detector_archive_ready", "1 when the archive is ready, else 0.", registry=self.registry
        )
        ready.set_function(is_ready)

    def show_lags(self, lags: Mapping[TopicPartition, int]) -> None:
        """Show the lag of these partitions and of no others: those are another archive's."""
        self.lag_records.clear()
        for place, lag in lags.items():
            self.lag_records.labels(place.topic, place.partition).set(lag)
