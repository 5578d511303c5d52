"""The worker's metrics; no user, card or device is ever a label."""

from collections.abc import Iterable, Sequence

from prometheus_client import Counter, Gauge, Histogram

from detector.core.rule import Mode, Rule, severities_of
from detector.monitor.registry import registry_of

_LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_BATCH_BUCKETS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)


class Metrics:
    """All metrics, in a registry of their own; an attribute is named as its metric without ``detector_``."""

    def __init__(self, version: str) -> None:
        self.registry = registry_of(version)
        self._add_events()
        self._add_alerts()
        self._add_batches()
        self._add_progress()
        self._add_state()

    def show_rules(self, rules: Sequence[Rule]) -> None:
        """Show the rules in force, and their counters at 0 before they find anything."""
        self.rule_info.clear()
        for mode in Mode:
            self.rules.labels(mode).set(sum(rule.mode is mode for rule in rules))
        for rule in rules:
            self.rule_info.labels(rule.id, rule.mode, rule.severity, rule.version).set(1)
            self.rule_evaluations_total.labels(rule.id)
            self.alerts_withdrawn_total.labels(rule.id)
            for severity in severities_of(rule):
                self.alerts_total.labels(rule.id, severity, rule.mode)

    def drop_partitions(self, revoked: Iterable[tuple[str, int]]) -> None:
        """Drop the series of (topic, partition) pairs that another worker owns from now on.

        What is left of a topic shows its event time lag again at the next look.
        """
        for topic, partition in revoked:
            self.consumer_lag_records.remove(topic, partition)
            self.event_time_lag_seconds.remove(topic)

    def _add_events(self) -> None:
        self.events_total = self._counter(
            "events", "Records read, by what became of them.", "topic", "outcome"
        )
        self.late_events_total = self._counter(
            "late_events", "Events later than the allowed lateness.", "topic", "outcome"
        )
        self.dead_letters_total = self._counter(
            "dead_letters", "Records sent to the dead letters.", "topic", "reason"
        )
        self.duplicates_total = self._counter(
            "duplicates", "Events dropped because their id was there already.", "topic"
        )

    def _add_alerts(self) -> None:
        self.alerts_total = self._counter("alerts", "Alerts raised.", "rule_id", "severity", "mode")
        self.alerts_withdrawn_total = self._counter("alerts_withdrawn", "Alerts withdrawn.", "rule_id")
        self.alert_latency_seconds = self._histogram(
            "alert_latency_seconds",
            "From the timestamp of the anchor's record to the alert acknowledged by Kafka.",
            _LATENCY_BUCKETS_S,
        )
        self.last_alert_timestamp_seconds = self._gauge(
            "last_alert_timestamp_seconds", "When a rule last raised an alert, Unix time.", "rule_id"
        )
        self.rules = self._gauge("rules", "Rules loaded.", "mode")
        self.rule_info = self._gauge(
            "rule_info", "The rules loaded; always 1.", "rule_id", "mode", "severity", "rule_version"
        )
        self.rule_evaluations_total = self._counter(
            "rule_evaluations",
            "Times that a rule was evaluated, which is what it costs: most events touch no rule.",
            "rule_id",
        )
        self.rules_refused = self._gauge(
            "rules_refused",
            "Whether changed rules or lists are refused, so that older ones are in force: 1, else 0.",
        )
        self.rules_reload_total = self._counter(
            "rules_reload", "Attempts to take up changed rules or lists, by what became of them.", "outcome"
        )

    def _add_batches(self) -> None:
        self.batch_seconds = self._histogram(
            "batch_seconds", "Time that a stage takes for a batch.", _LATENCY_BUCKETS_S, "stage"
        )
        self.batch_events = self._histogram("batch_events", "Events in a batch.", _BATCH_BUCKETS)

    def _add_progress(self) -> None:
        self.consumer_lag_records = self._gauge(
            "consumer_lag_records", "Records not yet processed.", "topic", "partition"
        )
        self.event_time_lag_seconds = self._gauge(
            "event_time_lag_seconds",
            "From the newest event processed to now; with a backlog, in the partition furthest behind.",
            "topic",
        )
        self.ready = self._gauge("ready", "Whether the worker is ready: 1, else 0.")
        self.rebalances_total = self._counter("rebalances", "Rebalances of the consumer group.")
        self.assigned_partitions = self._gauge("assigned_partitions", "Partitions that this worker owns.")

    def _add_state(self) -> None:
        self.outbox_alerts = self._gauge(
            "outbox_alerts", "Alerts committed and not yet acknowledged by Kafka."
        )
        self.state_commits_total = self._counter("state_commits", "Commits to the state store.", "outcome")
        self.histories_folded_total = self._counter(
            "histories_folded",
            "Times that a key had too many events, and older ones were folded into buckets.",
        )
        self.state_cache_keys = self._gauge(
            "state_cache_keys", "Keys whose history is in the worker's cache."
        )
        self.redis_used_memory_bytes = self._gauge(
            "redis_used_memory_bytes", "Memory that Redis uses; in a cluster, of the node nearest its limit."
        )
        self.redis_max_memory_bytes = self._gauge(
            "redis_max_memory_bytes", "The limit of that memory; 0: none is set."
        )

    def _counter(self, name: str, help_: str, *labels: str) -> Counter:
        return Counter(f"detector_{name}", help_, labels, registry=self.registry)

    def _gauge(self, name: str, help_: str, *labels: str) -> Gauge:
        return Gauge(f"detector_{name}", help_, labels, registry=self.registry)

    def _histogram(self, name: str, help_: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"detector_{name}", help_, labels, buckets=buckets, registry=self.registry)
