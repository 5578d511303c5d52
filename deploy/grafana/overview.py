"""*Fraud overview*: how much fraud, of which kind, against whom, and how fast it is seen. For analysts."""

from grafana_foundation_sdk.builders import stat
from grafana_foundation_sdk.builders import table as table_panel
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana import fields
from deploy.grafana.archived import LIVE, PRECISION, STANDING, YUAN, counted_by
from deploy.grafana.latency import alert_latency
from deploy.grafana.layout import About, Section, laid_out
from deploy.grafana.panels import bars, figure, lines, listing, ranking
from deploy.grafana.queries import over_time, table
from deploy.grafana.variables import (
    any_of,
    archived_rule,
    postgresql_datasource,
    prometheus_datasource,
    scrape,
)
from deploy.grafana.words import MODES, SEVERITIES, STATUSES

_ABOUT = About(
    uid="fraud-overview",
    title="Fraud overview",
    description="How much fraud is seen, of which kind, against whom and for how much, and how soon. "
    "Alerts count at the time of the event that raised them. For analysts.",
    since="now-24h",
)


def dashboard() -> Dashboard:
    """The dashboard; needs the archive, and Prometheus for one panel of latency."""
    variables = [prometheus_datasource(), postgresql_datasource(), *scrape(), archived_rule()]
    return laid_out(_ABOUT, variables, [_at_a_glance(), _kinds(), _whom(), _money(), _speed(), _quality()])


def _at_a_glance() -> Section:
    panels = [
        _count(
            "Standing alerts",
            "Alerts of live rules that were raised and not withdrawn.",
            "count(*)",
            STANDING,
        ),
        _count(
            "Critical and high",
            "Of these, the ones to look at first.",
            "count(*)",
            f"{STANDING} AND severity IN ('critical', 'high')",
        ),
        _count(
            "Users affected",
            "Different users with a standing alert.",
            "count(DISTINCT user_id)",
            STANDING,
        ),
        figure(
            "At stake",
            "The money that standing alerts are about: the sum that a rule measured, else the amount of the "
            "event that raised the alert. One payment can count for several rules.",
            YUAN,
            table(f"SELECT sum(amount_at_stake) / 100.0 AS at_stake FROM fraud.alert_rows WHERE {STANDING}"),
        ),
        _count(
            "Waiting for a mark",
            "Standing alerts that nobody has marked as confirmed, false positive or unclear yet.",
            "count(*)",
            f"{STANDING} AND disposition IS NULL",
        ),
        figure(
            "Precision",
            "Of the alerts marked confirmed or false positive, the share that was confirmed.",
            "percentunit",
            table(f"SELECT {PRECISION} AS precision FROM fraud.alert_rows WHERE {LIVE}"),
            colours={None: "red", 0.3: "yellow", 0.7: "green"},
        ),
    ]
    return Section("At a glance", panels)


def _kinds() -> Section:
    panels = [
        bars(
            "Alerts by rule",
            "Standing alerts by the rule that raised them: which kind of fraud grows.",
            "short",
            over_time(counted_by("rule_id", STANDING)),
        ),
        bars(
            "Alerts by severity",
            "Standing alerts by severity: how much of it is urgent.",
            "short",
            over_time(counted_by("severity", STANDING)),
            words=SEVERITIES,
        ),
        bars(
            "Alerts by action",
            "Standing alerts by what their rule asks to be done: the work that they make.",
            "short",
            over_time(counted_by("action", STANDING)),
        ),
    ]
    return Section("Which fraud", panels)


def _whom() -> Section:
    panels = [
        _top_merchants(),
        ranking(
            "Alerts by user tier",
            "Standing alerts on users, by their tier: whether the elderly or minors are targeted.",
            "short",
            table(_by_tier("user_tier", "user_id")),
            width=6,
        ),
        ranking(
            "Alerts by merchant tier",
            "Standing alerts that name a merchant, by its tier.",
            "short",
            table(_by_tier("merchant_tier", "merchant_id")),
            width=6,
        ),
    ]
    return Section("Against whom", panels)


def _top_merchants() -> table_panel.Panel:
    panel = listing(
        "Top merchants",
        "The merchants that most standing alerts name: as the one that is alerted on, or as the one that the "
        "payment went to.",
        table(
            "SELECT merchant_id, max(merchant_tier) AS tier, count(*) AS alerts, "
            "count(DISTINCT user_id) AS users, count(DISTINCT rule_id) AS rules, "
            "sum(amount_at_stake) / 100.0 AS at_stake "
            f"FROM fraud.alert_rows WHERE {STANDING} AND merchant_id IS NOT NULL "
            "GROUP BY 1 ORDER BY alerts DESC, at_stake DESC LIMIT 20"
        ),
        width=12,
    )
    panel.override_by_name("at_stake", fields.unit(YUAN))
    return panel.override_by_name(
        "merchant_id", fields.link_to_alerts("Show its alerts", "entity", "merchant_id")
    )


def _money() -> Section:
    panels = [
        bars(
            "At stake by rule",
            "The money that standing alerts are about, by rule, when it was seen.",
            YUAN,
            over_time(counted_by("rule_id", STANDING, "sum(amount_at_stake) / 100.0")),
            width=16,
        ),
        ranking(
            "At stake by severity",
            "The money that standing alerts are about, by severity.",
            YUAN,
            table(
                "SELECT severity, sum(amount_at_stake) / 100.0 AS at_stake FROM fraud.alert_rows "
                f"WHERE {STANDING} GROUP BY 1 ORDER BY at_stake DESC NULLS LAST"
            ),
            width=8,
        ),
    ]
    return Section("How much money", panels)


def _speed() -> Section:
    seconds = "extract(epoch FROM detected_at - event_time)"
    ranks = ", ".join(
        f"percentile_cont({rank}) WITHIN GROUP (ORDER BY {seconds}) AS {name}"
        for rank, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
    )
    panels = [
        lines(
            "From event to alert",
            "How long after the event an alert was detected: half of the alerts, 95 % and 99 % were faster. "
            "It holds what the platform takes to send the event as well.",
            "s",
            over_time(
                f"SELECT $__timeGroupAlias(event_time, $__interval), {ranks} FROM fraud.alert_rows "
                f"WHERE {LIVE} GROUP BY 1 ORDER BY 1"
            ),
            width=12,
        ),
        alert_latency(width=12),
    ]
    return Section("How fast", panels)


def _quality() -> Section:
    in_range = f"$__timeFilter(event_time) AND {any_of('rule_id', 'rule')}"
    panels = [
        bars(
            "Shadow against live",
            "Standing alerts by the mode of their rule: what reaches people, and what would if the shadow "
            "rules were live.",
            "short",
            over_time(counted_by("mode", f"{in_range} AND status = 'raised'")),
            words=MODES,
        ),
        lines(
            "Withdrawn share",
            "The share of alerts that a late event took away again.",
            "percentunit",
            over_time(
                "SELECT $__timeGroupAlias(event_time, $__interval), "
                f"avg((status = 'withdrawn')::int) AS withdrawn FROM fraud.alert_rows WHERE {LIVE} "
                "GROUP BY 1 ORDER BY 1"
            ),
            words=STATUSES,
        ),
        _by_rule(in_range),
    ]
    return Section("How good", panels)


def _by_rule(in_range: str) -> table_panel.Panel:
    panel = listing(
        "Rules compared",
        "For each rule its live and shadow alerts, the share of withdrawn ones, and its precision.",
        table(
            "SELECT rule_id, count(*) FILTER (WHERE mode = 'live') AS live, "
            "count(*) FILTER (WHERE mode = 'shadow') AS shadow, "
            f"avg((status = 'withdrawn')::int) AS withdrawn, {PRECISION} AS precision "
            f"FROM fraud.alert_rows WHERE {in_range} GROUP BY 1 ORDER BY live DESC, shadow DESC"
        ),
        width=8,
    )
    panel.override_by_name("withdrawn", fields.unit("percentunit"))
    panel.override_by_name("rule_id", fields.link_to_alerts("Show its alerts", "rule", "rule_id"))
    return panel.override_by_name("precision", fields.unit("percentunit"))


def _count(title: str, description: str, value: str, where: str) -> stat.Panel:
    return figure(
        title, description, "short", table(f"SELECT {value} AS alerts FROM fraud.alert_rows WHERE {where}")
    )


def _by_tier(tier: str, of: str) -> str:
    return (
        f"SELECT coalesce({tier}, 'not known') AS tier, count(*) AS alerts FROM fraud.alert_rows "
        f"WHERE {STANDING} AND {of} IS NOT NULL GROUP BY 1 ORDER BY alerts DESC"
    )
