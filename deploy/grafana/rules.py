"""*Rules*: what each rule finds, costs, and is worth. For whoever writes rules."""

from grafana_foundation_sdk.builders import stat
from grafana_foundation_sdk.builders import table as table_panel
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana import fields
from deploy.grafana.archived import YUAN
from deploy.grafana.layout import About, Section, laid_out
from deploy.grafana.panels import bars, figure, lines, listing, ranking
from deploy.grafana.precision import precision
from deploy.grafana.queries import columns, now, series, table
from deploy.grafana.tables import joined, only
from deploy.grafana.variables import any_of, loaded_rule, postgresql_datasource, prometheus_datasource, scrape
from deploy.grafana.words import MODES, SEVERITIES

_ABOUT = About(
    uid="detector-rules",
    title="Rules",
    description="What each rule finds, what a rule in shadow would add, what rules cost, and how often "
    "they are right. For whoever writes rules.",
    since="now-24h",
)
_CHOSEN = '{%, rule_id=~"$rule"}'


def dashboard() -> Dashboard:
    """The dashboard; precision, and what rules in shadow would add, need the archive."""
    variables = [prometheus_datasource(), postgresql_datasource(), *scrape(), loaded_rule()]
    return laid_out(_ABOUT, variables, [_in_force(), _volume(), _worth(), _cost()])


def _in_force() -> Section:
    silent = listing(
        "Silent rules",
        "Rules that have raised nothing since the workers started. Right for a rare fraud; else the rule "
        "asks for what events do not carry, or a threshold is out of reach.",
        columns(
            f"max by (rule_id, mode) (detector_rule_info{_CHOSEN}) "
            "unless on (rule_id) detector_last_alert_timestamp_seconds{%}"
        ),
        width=6,
        height=10,
    )
    only(silent, {"rule_id": "rule", "mode": "mode"}).override_by_name("mode", fields.words(MODES))
    return Section("Rules in force", [*_figures(), _rules_in_force(), silent])


def _figures() -> list[stat.Panel]:
    return [
        figure(
            "Rules loaded",
            "Rules by mode: live ones reach people, shadow ones are only looked at, off ones do nothing.",
            "none",
            now("max by (mode) (detector_rules{%})", "{{mode}}"),
            width=6,
        ),
        figure(
            "Refused changes",
            "Workers that refuse the rules or lists that lie there now, and go on with the old ones. The log "
            "says file, line and what is wrong.",
            "none",
            now("sum(detector_rules_refused{%})", "refused"),
            width=6,
            colours={None: "green", 1: "red"},
        ),
        figure(
            "Alerts raised",
            "Alerts raised in the time range, live and shadow.",
            "short",
            now(f"sum(increase(detector_alerts_total{_CHOSEN}[$__range]))", "raised"),
            width=6,
        ),
        figure(
            "Alerts withdrawn",
            "Alerts withdrawn in the time range, because a late event took away what they rested on.",
            "short",
            now(f"sum(increase(detector_alerts_withdrawn_total{_CHOSEN}[$__range]))", "withdrawn"),
            width=6,
        ),
    ]


def _rules_in_force() -> table_panel.Panel:
    panel = listing(
        "Rules",
        "All rules that are loaded, with what they did in the time range: alerts raised and withdrawn, and "
        "how often they were evaluated, which is what they cost. The version changes with a rule's meaning, "
        "not with its texts.",
        columns(f"max by (rule_id, mode, severity, rule_version) (detector_rule_info{_CHOSEN})"),
        columns(f"max by (rule_id) (detector_last_alert_timestamp_seconds{_CHOSEN}) * 1000"),
        columns(f"sum by (rule_id) (increase(detector_alerts_total{_CHOSEN}[$__range]))"),
        columns(f"sum by (rule_id) (increase(detector_alerts_withdrawn_total{_CHOSEN}[$__range]))"),
        columns(f"sum by (rule_id) (increase(detector_rule_evaluations_total{_CHOSEN}[$__range]))"),
        width=18,
        height=10,
    )
    joined(
        panel,
        "rule_id",
        {
            "rule_id": "rule",
            "mode": "mode",
            "severity": "severity",
            "Value #C": "alerts",
            "Value #D": "withdrawn",
            "Value #B": "last alert",
            "Value #E": "evaluations",
            "rule_version": "version",
        },
    )
    panel.override_by_name("mode", fields.words(MODES)).override_by_name("severity", fields.words(SEVERITIES))
    panel.override_by_name("alerts", fields.unit("short")).override_by_name("withdrawn", fields.unit("short"))
    panel.override_by_name("evaluations", fields.unit("short"))
    return panel.override_by_name("last alert", fields.unit("dateTimeFromNow"))


def _volume() -> Section:
    panels = [
        bars(
            "Alerts by rule",
            "Alerts raised, live and shadow: which rule is loud, and since when.",
            "cpm",
            series(
                f"60 * sum by (rule_id) (rate(detector_alerts_total{_CHOSEN}[$__rate_interval]))",
                "{{rule_id}}",
            ),
            width=12,
        ),
        bars(
            "Shadow against live",
            "Alerts by the mode of their rule: what reaches people, and what would if the shadow rules were "
            "live.",
            "cpm",
            series(
                f"60 * sum by (mode) (rate(detector_alerts_total{_CHOSEN}[$__rate_interval]))",
                "{{mode}}",
            ),
            width=12,
            words=MODES,
        ),
        _what_shadow_would_add(),
    ]
    return Section("Volume", panels)


def _what_shadow_would_add() -> table_panel.Panel:
    panel = listing(
        "What rules in shadow would add",
        "From the archive, of each rule in shadow: alerts a day, users and merchants that it would alert on, "
        "the money at stake, and the share of its alerts on users that live rules alerted on as well. A high "
        "share adds little; a low one finds another fraud, or is wrong.",
        table(
            "SELECT rule_id, count(*) AS alerts, count(*) * 86400 / "
            "extract(epoch FROM $__timeTo()::timestamptz - $__timeFrom()::timestamptz) AS alerts_a_day, "
            "count(DISTINCT user_id) AS users, count(DISTINCT merchant_id) AS merchants, "
            "sum(amount_at_stake) / 100.0 AS at_stake, "
            "avg((EXISTS (SELECT FROM fraud.alert_rows AS other WHERE other.mode = 'live' "
            "AND other.user_id = shadow.user_id AND $__timeFilter(other.event_time)))::int) AS also_live "
            f"FROM fraud.alert_rows AS shadow WHERE mode = 'shadow' AND $__timeFilter(event_time) "
            f"AND {any_of('rule_id', 'rule')} GROUP BY rule_id ORDER BY alerts DESC"
        ),
    )
    panel.override_by_name("at_stake", fields.unit(YUAN))
    panel.override_by_name("alerts_a_day", fields.unit("short"))
    return panel.override_by_name("also_live", fields.unit("percentunit"))


def _worth() -> Section:
    panels = [
        precision(width=12),
        bars(
            "Withdrawn alerts by rule",
            "Alerts that a late event took away again. Many of one rule: its events come later than the "
            "allowed lateness, or it asks for an `unless` that comes late by nature.",
            "cpm",
            series(
                f"60 * sum by (rule_id) (rate(detector_alerts_withdrawn_total{_CHOSEN}[$__rate_interval]))",
                "{{rule_id}}",
            ),
            width=12,
        ),
    ]
    return Section("Worth", panels)


def _cost() -> Section:
    panels = [
        lines(
            "Evaluations by rule",
            "Times in a second that a rule is evaluated. Most events touch no rule at all; a rule that is "
            "evaluated often and seldom raises an alert deserves a stricter `where`.",
            "cps",
            series(
                f"sum by (rule_id) (rate(detector_rule_evaluations_total{_CHOSEN}[$__rate_interval]))",
                "{{rule_id}}",
            ),
            width=12,
        ),
        ranking(
            "Share of evaluations",
            "The share of each rule in all evaluations in the time range.",
            "percentunit",
            now(
                f"sort_desc(sum by (rule_id) (increase(detector_rule_evaluations_total{_CHOSEN}[$__range])) "
                "/ scalar(sum(increase(detector_rule_evaluations_total{%}[$__range]))))",
                "{{rule_id}}",
            ),
            width=12,
        ),
    ]
    return Section("Cost", panels)
