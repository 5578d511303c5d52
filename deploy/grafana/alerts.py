"""*Alerts*: find alerts, and look at one with all that it rests on. For analysts."""

from grafana_foundation_sdk.builders import table as table_panel
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana import fields
from deploy.grafana.archived import YUAN
from deploy.grafana.layout import About, Section, laid_out
from deploy.grafana.panels import figure, listing
from deploy.grafana.precision import precision
from deploy.grafana.queries import table
from deploy.grafana.variables import Variable, any_of, archived_rule, choice, postgresql_datasource, text
from deploy.grafana.words import DISPOSITIONS, MODES, SEVERITIES, STATUSES, UNMARKED

_ABOUT = About(
    uid="fraud-alerts",
    title="Alerts",
    description="Find alerts by rule, severity, mark, user, merchant or words, choose one, and see what it "
    "rests on. For analysts.",
    since="now-24h",
)
_WHO = "(SELECT string_agg(value, ', ') FROM jsonb_each_text(entity))"
_MARK = f"coalesce(disposition, '{UNMARKED}')"
_TEXTS = "concat_ws(' ', title_en, title_zh, explanation_en, explanation_zh)"
_FOUND = " AND ".join(
    [
        "$__timeFilter(event_time)",
        any_of("rule_id", "rule"),
        any_of("severity", "severity"),
        any_of("status", "status"),
        any_of("mode", "mode"),
        any_of(_MARK, "disposition"),
        f"strpos(lower(concat_ws(' ', {_WHO}, merchant_id)), lower(${{entity:sqlstring}})) > 0",
        "starts_with(case_id, ${case:sqlstring})",
        f"strpos(lower({_TEXTS}), lower(${{words:sqlstring}})) > 0",
    ]
)
_CHOSEN = "alert_id = ${alert_id:sqlstring}"
_FIELDS = {
    "title": "title_en",
    "标题": "title_zh",
    "why": "explanation_en",
    "原因": "explanation_zh",
    "who": _WHO,
    "do": "action",
    "severity": "severity",
    "status": "status || ', revision ' || revision",
    "rule": "rule_id || ', ' || mode",
    "rule version": "rule_version",
    "user tier": "user_tier",
    "merchant": "merchant_id",
    "merchant tier": "merchant_tier",
    "event": "anchor ->> 'type'",
    "event id": "anchor ->> 'event_id'",
    "event time": "event_time::text",
    "detected": "detected_at::text",
    "at stake, yuan": "round(amount_at_stake / 100.0, 2)::text",
    "came late": "CASE WHEN late THEN 'yes' END",
    "approximate": "CASE WHEN approximate THEN 'yes' END",
    "case": "case_id",
}
"""What is said of the chosen alert, in this order, and the SQL that gives it."""


def dashboard() -> Dashboard:
    """The dashboard; needs the archive alone."""
    return laid_out(_ABOUT, _variables(), [_list(), _one(), Section("Precision", [precision(width=24)])])


def _variables() -> list[Variable]:
    return [
        postgresql_datasource(),
        archived_rule(),
        choice("severity", "Severity", *SEVERITIES),
        choice("status", "Status", *STATUSES),
        choice("mode", "Mode", "live", "shadow"),
        choice("disposition", "Mark", *DISPOSITIONS),
        text(
            "entity",
            "User or merchant",
            "A part of the id that the alert is on, or of the merchant that was paid.",
        ),
        text("words", "Words", "A part of the title or explanation, in English or Chinese."),
        text("case", "Case", "The beginning of a case id: all alerts of one story."),
        text("alert_id", "Alert", "The alert that is shown below; a click in the list fills it in."),
    ]


def _list() -> Section:
    panels = [
        figure(
            "Alerts found",
            "Alerts that match all of the choices above.",
            "short",
            table(f"SELECT count(*) AS alerts FROM fraud.alert_rows WHERE {_FOUND}"),
            width=8,
        ),
        figure(
            "Without a mark",
            "Of these, the ones that nobody has marked yet.",
            "short",
            table(f"SELECT count(*) AS alerts FROM fraud.alert_rows WHERE {_FOUND} AND disposition IS NULL"),
            width=8,
        ),
        figure(
            "At stake",
            "The money that they are about; one payment can count for several alerts.",
            YUAN,
            table(f"SELECT sum(amount_at_stake) / 100.0 AS at_stake FROM fraud.alert_rows WHERE {_FOUND}"),
            width=8,
        ),
        _found(),
    ]
    return Section("Find", panels)


def _found() -> table_panel.Panel:
    panel = listing(
        "Alerts",
        "The newest 500 that match, newest first. A click on an alert's id shows it below.",
        table(
            "SELECT event_time AS time, severity, title_en AS title, title_zh, "
            f"{_WHO} AS who, amount_at_stake / 100.0 AS at_stake, status, mode, {_MARK} AS mark, "
            "alert_id, explanation_en AS why, explanation_zh AS why_zh, rule_id "
            f"FROM fraud.alert_rows WHERE {_FOUND} ORDER BY event_time DESC, alert_id LIMIT 500"
        ),
        height=12,
    )
    return _coloured(panel).override_by_name("at_stake", fields.unit(YUAN))


def _one() -> Section:
    panels = [_what_and_why(), _evidence(), _measures(), _rest_of_the_case(), _marks()]
    return Section("The chosen alert", panels)


def _rest_of_the_case() -> table_panel.Panel:
    panel = _of_the_chosen(
        "The rest of its case",
        "Other alerts of the same story: of chains that begin with the same event, or of one key and period.",
        "SELECT event_time AS time, severity, title_en AS title, status, mode, "
        f"{_MARK} AS mark, alert_id FROM fraud.alert_rows "
        f"WHERE case_id = (SELECT case_id FROM fraud.alerts WHERE {_CHOSEN}) AND NOT {_CHOSEN} "
        "ORDER BY event_time",
        otherwise="It is the only alert of its case, or none is chosen.",
    )
    return _coloured(panel)


def _marks() -> table_panel.Panel:
    panel = _of_the_chosen(
        "Its marks",
        "How it was marked, newest first; the newest counts. Mark it with `detector alerts mark ALERT_ID "
        "confirmed|false_positive|unclear --note TEXT`.",
        "SELECT marked_at AS time, disposition AS mark, marked_by, note FROM fraud.dispositions "
        f"WHERE {_CHOSEN} ORDER BY id DESC",
        otherwise="It has not been marked yet, or none is chosen.",
    )
    return panel.override_by_name("mark", fields.words(DISPOSITIONS))


def _what_and_why() -> table_panel.Panel:
    values = ", ".join(f"('{field}', {value})" for field, value in _FIELDS.items())
    panel = _of_the_chosen(
        "What and why",
        "The alert in words. A withdrawn alert keeps the explanation of when it was raised.",
        f"SELECT field, value FROM fraud.alert_rows CROSS JOIN LATERAL (VALUES {values}) "
        f"AS shown (field, value) WHERE {_CHOSEN} AND value IS NOT NULL",
        width=12,
        height=12,
    )
    return panel.override_by_name("field", fields.width(120)).override_by_name("value", fields.wrapped())


def _measures() -> table_panel.Panel:
    # A sequence's spans are measured as `step.elapsed` against `step.within`.
    return _of_the_chosen(
        "Measures and thresholds",
        "What the rule measured, and what it had to reach. Spans of time are in milliseconds, amounts in "
        "fen.",
        "SELECT measure.key AS measure, measure.value #>> '{}' AS value, threshold.value::text AS threshold "
        "FROM fraud.alerts CROSS JOIN LATERAL jsonb_each(measures) AS measure "
        "LEFT JOIN LATERAL jsonb_each(thresholds) AS threshold "
        f"ON replace(threshold.key, '.within', '.elapsed') = measure.key WHERE {_CHOSEN} ORDER BY 1",
    )


def _evidence() -> table_panel.Panel:
    return _of_the_chosen(
        "Evidence",
        "The events that it rests on, in the order in which they happened, at most 50; `raised it` is the "
        "one that completed it.",
        "SELECT to_timestamp(event.event_time / 1000.0) AS time, event.type, event.step, event.event_id, "
        "CASE WHEN event.event_id = anchor ->> 'event_id' THEN 'raised it' END AS part "
        "FROM fraud.alerts CROSS JOIN LATERAL jsonb_to_recordset(evidence) "
        "AS event (event_id text, type text, event_time bigint, step text) "
        f"WHERE {_CHOSEN} ORDER BY event.event_time, event.event_id",
        width=12,
        height=12,
    )


def _of_the_chosen(
    title: str,
    description: str,
    raw_sql: str,
    width: int = 8,
    height: int = 8,
    otherwise: str = "No alert is chosen: click on an alert's id in the list above.",
) -> table_panel.Panel:
    return listing(title, description, table(raw_sql), width=width, height=height).no_value(otherwise)


def _coloured(panel: table_panel.Panel) -> table_panel.Panel:
    panel.override_by_name("severity", fields.words(SEVERITIES)).override_by_name("mode", fields.words(MODES))
    panel.override_by_name("status", fields.words(STATUSES)).override_by_name(
        "mark", fields.words(DISPOSITIONS)
    )
    panel.override_by_name("time", fields.width(170))
    link = fields.link_to_alerts("Show this alert", "alert_id", "alert_id")
    return panel.override_by_name("alert_id", link)
