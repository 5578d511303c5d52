"""*Detector health*: does it work, and if not, which part of it? For whoever runs it."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana.latency import alert_latency
from deploy.grafana.layout import About, Section, laid_out
from deploy.grafana.panels import bars, figure, lines
from deploy.grafana.queries import now, quantiles, series
from deploy.grafana.variables import prometheus_datasource, scrape
from deploy.grafana.words import ARCHIVE_OUTCOMES, COMMIT_OUTCOMES, EVENT_OUTCOMES, RELOAD_OUTCOMES

_ABOUT = About(
    uid="detector-health",
    title="Detector health",
    description="Whether the detector works, how far behind it is, and which part of it is slow or broken. "
    "For whoever runs it.",
    since="now-3h",
)


def dashboard() -> Dashboard:
    """The dashboard; needs Prometheus alone."""
    sections = [_working(), _flow(), _latency(), _refused(), _state(), _processes(), _archive()]
    return laid_out(_ABOUT, [prometheus_datasource(), *scrape()], sections)


def _working() -> Section:
    panels = [
        figure(
            "Workers ready",
            "The share of workers that /readyz calls ready. Below 100 %: /readyz of the worker says what "
            "stalls.",
            "percentunit",
            series("avg(detector_ready{%})", "ready"),
            width=3,
            colours={None: "red", 1: "green"},
        ),
        figure(
            "Not reachable",
            "Workers and archives that Prometheus cannot scrape: gone, or their port is not reachable.",
            "none",
            series("sum(1 - up{%})", "not reachable"),
            width=3,
            colours={None: "green", 1: "red"},
        ),
        figure(
            "Partitions owned",
            "Partitions of the payments, logins and complaints topics and the internal one that workers own, "
            "in all. Less than there are: some are read by nobody.",
            "none",
            series("sum(detector_assigned_partitions{%})", "owned"),
            width=3,
            colours={None: "red", 1: "green"},
        ),
        figure(
            "Behind, time",
            "How old the newest processed event is, of the topic furthest behind of those with records left. "
            "0: all is processed.",
            "s",
            # A topic that brings nothing is not behind, though its newest event grows old.
            series(
                "max(detector_event_time_lag_seconds{%} "
                "* clamp_max(sum without (partition) (detector_consumer_lag_records{%}), 1))",
                "behind",
            ),
            width=3,
            colours={None: "green", 60: "yellow", 300: "red"},
        ),
        figure(
            "Behind, records",
            "Records that lie in Kafka and are not processed yet.",
            "short",
            series("sum(detector_consumer_lag_records{%})", "behind"),
            width=3,
            colours={None: "green", 10_000: "yellow", 100_000: "red"},
        ),
        figure(
            "Records a second",
            "Records read, of all topics, whatever became of them.",
            "short",
            series("sum(rate(detector_events_total{%}[$__rate_interval]))", "records"),
            width=3,
        ),
        figure(
            "Firing alarms",
            "Alarms of Prometheus about the detector that fire now; docs/runbooks.md says for each what to "
            "do.",
            "none",
            series('count(ALERTS{alertname=~"Detector.+", alertstate="firing"}) or vector(0)', "firing"),
            width=3,
            colours={None: "green", 1: "red"},
        ),
        figure(
            "Versions",
            "Workers and archives by the version that they run; two are usual only while one is rolled out.",
            "none",
            now("count by (version) (detector_build_info{%})", "{{version}}"),
            width=3,
        ),
    ]
    return Section("Does it work?", panels)


def _flow() -> Section:
    panels = [
        lines(
            "Records by outcome",
            "What became of the records read. Refused and too late ones are among the dead letters.",
            "cps",
            series("sum by (outcome) (rate(detector_events_total{%}[$__rate_interval]))", "{{outcome}}"),
            words=EVENT_OUTCOMES,
        ),
        lines(
            "Records by topic",
            "Records read from each topic. A topic that falls to nothing has lost its sender or its owner.",
            "cps",
            series("sum by (topic) (rate(detector_events_total{%}[$__rate_interval]))", "{{topic}}"),
        ),
        lines(
            "Alerts published",
            "Alerts raised, live and shadow. A jump follows a wave of fraud, or a rule that was changed.",
            "cps",
            series("sum by (mode) (rate(detector_alerts_total{%}[$__rate_interval]))", "{{mode}}"),
        ),
        lines(
            "Behind by topic, records",
            "Records of each topic that are not processed yet. All topics of a partition advance together: "
            "one with a backlog holds up the others.",
            "short",
            series("sum by (topic) (detector_consumer_lag_records{%})", "{{topic}}"),
        ),
        lines(
            "Behind by topic, time",
            "From the newest event of each topic that was processed to now. Grows also while a topic is "
            "silent.",
            "s",
            series("max by (topic) (detector_event_time_lag_seconds{%})", "{{topic}}"),
        ),
        lines(
            "Furthest behind",
            "The five partitions with the most records not yet processed. One alone: a busy key, or its "
            "worker.",
            "short",
            series(
                "topk(5, sum by (topic, partition) (detector_consumer_lag_records{%}))",
                "{{topic}} {{partition}}",
            ),
        ),
    ]
    return Section("Flow and lag", panels)


def _latency() -> Section:
    panels = [
        alert_latency(width=8),
        lines(
            "Stages of a batch",
            "How long 95 % of the batches take at most in each stage: decode, load (Redis), evaluate "
            "(rules), commit (Redis and Kafka).",
            "s",
            series(
                "histogram_quantile(0.95, sum by (le, stage) "
                "(rate(detector_batch_seconds_bucket{%}[$__rate_interval])))",
                "{{stage}}",
            ),
        ),
        lines(
            "Time in each stage",
            "Where the workers' time goes: seconds in each stage in a second. A sum near the number of "
            "workers means that they are at their limit.",
            "s",
            series("sum by (stage) (rate(detector_batch_seconds_sum{%}[$__rate_interval]))", "{{stage}}"),
        ),
        lines(
            "Events in a batch",
            "The mean number of events that one batch brings. Batches grow with the load, that is how it is "
            "carried.",
            "short",
            series(
                "sum(rate(detector_batch_events_sum{%}[$__rate_interval])) / "
                "sum(rate(detector_batch_events_count{%}[$__rate_interval]))",
                "events",
            ),
            width=12,
        ),
        lines(
            "Alerts on their way",
            "Alerts committed and not yet acknowledged by Kafka. For a moment they are usual; a number that "
            "stays means that Kafka does not take them.",
            "short",
            series("sum(detector_outbox_alerts{%})", "in the outbox"),
            width=12,
        ),
    ]
    return Section("Latency", panels)


def _refused() -> Section:
    panels = [
        bars(
            "Dead letters by reason",
            "Records put aside, by why. A rise of one reason most often follows a change at a sender.",
            "cpm",
            series(
                "60 * sum by (reason) (rate(detector_dead_letters_total{%}[$__rate_interval]))", "{{reason}}"
            ),
        ),
        bars(
            "Late events",
            "Events later than the allowed lateness. Those accepted still counted for their rules, and their "
            "alerts say so; those too late did not.",
            "cpm",
            series(
                "60 * sum by (outcome) (rate(detector_late_events_total{%}[$__rate_interval]))", "{{outcome}}"
            ),
            words=EVENT_OUTCOMES,
        ),
        bars(
            "Duplicates",
            "Events dropped because their id was there already. Some follow each restart of a sender or "
            "worker.",
            "cpm",
            series("60 * sum by (topic) (rate(detector_duplicates_total{%}[$__rate_interval]))", "{{topic}}"),
        ),
    ]
    return Section("Bad input", panels)


def _state() -> Section:
    panels = [
        lines(
            "Commits by outcome",
            "Commits to Redis. Fenced: another worker had taken the partition over, usual only in a "
            "rebalance. Mismatch: Redis lost its last writes, the worker reads on from what is left.",
            "cps",
            series(
                "sum by (outcome) (rate(detector_state_commits_total{%}[$__rate_interval]))", "{{outcome}}"
            ),
            words=COMMIT_OUTCOMES,
        ),
        lines(
            "Redis memory",
            "What Redis uses of what it may. At the limit it refuses writes and the detector stands still. A "
            "limit of 0 is none: then the machine's memory is.",
            "bytes",
            series("max(detector_redis_used_memory_bytes{%})", "used"),
            series("max(detector_redis_max_memory_bytes{%})", "limit"),
        ),
        lines(
            "Histories in memory",
            "Keys, users and merchants, whose history workers hold; others are read from Redis when they "
            "come.",
            "short",
            series("sum(detector_state_cache_keys{%})", "keys"),
        ),
        bars(
            "Histories folded",
            "Times that a key had more events than are kept one by one. Alerts over its older ones are "
            "approximate from then on.",
            "cpm",
            series("60 * sum(rate(detector_histories_folded_total{%}[$__rate_interval]))", "folded"),
        ),
        bars(
            "Rebalances",
            "Times that partitions were given out anew. Without a deploy or a crash there are none.",
            "cpm",
            series(
                "60 * sum by (instance) (rate(detector_rebalances_total{%}[$__rate_interval]))",
                "{{instance}}",
            ),
        ),
        bars(
            "Reloads of rules and lists",
            "Attempts to take up changed rules or lists. Refused: the old ones go on, the log says file and "
            "line.",
            "cpm",
            series(
                "60 * sum by (outcome) (rate(detector_rules_reload_total{%}[$__rate_interval]))",
                "{{outcome}}",
            ),
            words=RELOAD_OUTCOMES,
        ),
    ]
    return Section("State", panels)


def _processes() -> Section:
    by_process = "{{job}} {{instance}} {{worker}}"
    panels = [
        lines(
            "CPU",
            "Cores that each process keeps busy. A worker takes one at most: near 1 it is at its limit, add "
            "workers.",
            "short",
            series("rate(process_cpu_seconds_total{%}[$__rate_interval])", by_process),
        ),
        lines(
            "Memory",
            "Resident memory of each process. It grows with the histories held, up to their cap.",
            "bytes",
            series("process_resident_memory_bytes{%}", by_process),
        ),
        lines(
            "Running since",
            "How long each process has been running. A line that falls to 0 is a restart.",
            "s",
            series("time() - process_start_time_seconds{%}", by_process),
        ),
    ]
    return Section("Processes", panels)


def _archive() -> Section:
    panels = [
        figure(
            "Archives ready",
            "The share of archive processes that /readyz calls ready. None: no archive runs, or PostgreSQL "
            "or Kafka does not answer it. Alerts wait in Kafka meanwhile.",
            "percentunit",
            series("avg(detector_archive_ready{%})", "ready"),
            width=12,
            colours={None: "red", 1: "green"},
        ),
        figure(
            "Last written",
            "When alerts were last written to PostgreSQL.",
            "dateTimeFromNow",
            now("max(detector_archive_last_write_timestamp_seconds{%}) * 1000", "written"),
            width=12,
        ),
        lines(
            "Not archived yet",
            "Alerts in Kafka that are not in PostgreSQL yet.",
            "short",
            series("sum by (topic) (detector_archive_lag_records{%})", "{{topic}}"),
        ),
        lines(
            "Archived by outcome",
            "Written: new, or a newer revision. Known: was there already, as after a restart. Refused: no "
            "alert; the log says where it lies.",
            "cps",
            series(
                "sum by (outcome) (rate(detector_archive_alerts_total{%}[$__rate_interval]))", "{{outcome}}"
            ),
            words=ARCHIVE_OUTCOMES,
        ),
        lines(
            "Writing to PostgreSQL",
            "How long writing a batch of alerts takes: half of them, 95 % and 99 % are faster.",
            "s",
            *quantiles("detector_archive_write_seconds"),
        ),
    ]
    return Section("Archive", panels)
