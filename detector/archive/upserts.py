"""The SQL that turns alerts' JSON into rows, each once by its id."""

from __future__ import annotations

from collections.abc import Iterable

_FIELDS = """
    alert_id text, status text, revision int, case_id text, rule_id text, rule_version text, mode text,
    severity text, action text, anchor jsonb, entity jsonb, event_time bigint, detected_at bigint,
    title jsonb, explanation jsonb, measures jsonb, thresholds jsonb, evidence jsonb, evidence_total int,
    late boolean, approximate boolean
"""

_COLUMNS = {
    "alert_id": "alert_id",
    "revision": "revision",
    "status": "status",
    "case_id": "case_id",
    "rule_id": "rule_id",
    "rule_version": "rule_version",
    "mode": "mode",
    "severity": "severity",
    "action": "action",
    "user_id": "entity->>'user_id'",
    "merchant_id": "coalesce(entity->>'merchant_id', anchor->>'merchant_id')",
    "user_tier": "anchor->>'user_tier'",
    "merchant_tier": "anchor->>'merchant_tier'",
    # Sums of absurd amounts go beyond a bigint: the largest one will do.
    "amount_at_stake": "CASE WHEN amount > 9223372036854775807 THEN 9223372036854775807 ELSE amount END",
    "event_time": "to_timestamp(event_time / 1000.0)",
    "detected_at": "to_timestamp(detected_at / 1000.0)",
    "archived_at": "now()",
    "title_en": "title->>'en'",
    "title_zh": "title->>'zh'",
    "explanation_en": "explanation->>'en'",
    "explanation_zh": "explanation->>'zh'",
    "entity": "entity",
    "anchor": "anchor",
    "measures": "measures",
    "thresholds": "thresholds",
    "evidence": "evidence",
    "evidence_total": "evidence_total",
    "late": "late",
    "approximate": "approximate",
}


def _upsert(changed: Iterable[str]) -> str:
    """Insert the alerts of a JSON array; of those known, bring these columns up to a newer revision.

    Of several revisions of an id the newest counts. Rows are locked in the order of ids, so that two archives
    with the same alerts wait for each other instead of locking each other out.
    """
    return f"""
        INSERT INTO fraud.alerts AS known ({", ".join(_COLUMNS)})
        SELECT DISTINCT ON (alert_id) {", ".join(_COLUMNS.values())}
        FROM jsonb_to_recordset(%s::jsonb) AS alert ({_FIELDS}),
            LATERAL (SELECT coalesce(measures->>'sum(amount)', anchor->>'amount')::numeric AS amount) AS stake
        ORDER BY alert_id, revision DESC
        ON CONFLICT (alert_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in changed)}
        WHERE known.revision < excluded.revision
    """


UPSERT_RAISED = _upsert(name for name in _COLUMNS if name != "alert_id")
UPSERT_WITHDRAWN = _upsert(("revision", "status", "detected_at", "archived_at"))
"""A withdrawal says nothing of its grounds: what was once raised stays explained."""
