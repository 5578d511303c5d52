"""Alerts in few words: times in minutes, ids made of what they are given."""

from typing import Any

from detector.core.alert import Alert, AnchorEvent, EvidenceEvent, Status
from detector.core.rule import Mode, Severity

from ..core.given import MINUTE


def alert(alert_id: str, minute: int = 0, *, since: int | None = None, **fields: Any) -> Alert:
    """An alert whose story lasts from `since`, else from its anchor alone; fields replace its own.

    `anchor` gives fields of the anchor, `events` ids of evidence beside it.
    """
    begin = minute if since is None else since
    anchor = {"event_id": f"e{minute}", "type": "debit"} | fields.pop("anchor", {})
    named = fields.pop("events", [])
    ids = [f"e{begin}", *named, anchor["event_id"]]
    times = [begin] * (len(ids) - 1) + [minute]
    evidence = [
        EvidenceEvent(event_id=event_id, type="debit", event_time=at * MINUTE)
        for event_id, at in dict(zip(ids, times, strict=True)).items()
    ]
    plain: dict[str, Any] = {
        "status": Status.RAISED,
        "revision": 1,
        "case_id": f"case of {alert_id}",
        "rule_id": "r",
        "rule_version": "v",
        "mode": Mode.LIVE,
        "severity": Severity.MEDIUM,
        "action": "review",
        "entity": {"user_id": "u1"},
        "title": {"en": "A title", "zh": "标题"},
        "explanation": {"en": "Why", "zh": "为何"},
        "measures": {},
        "thresholds": {},
        "evidence": evidence,
        "evidence_total": len(evidence),
        "late": False,
        "approximate": False,
    }
    return Alert(
        **plain
        | {
            "alert_id": alert_id,
            "anchor": AnchorEvent(**anchor),
            "event_time": minute * MINUTE,
            "detected_at": minute * MINUTE,
        }
        | fields
    )


def by_id(*alerts: Alert) -> dict[str, Alert]:
    """These alerts as those that stand."""
    return {one.alert_id: one for one in alerts}
