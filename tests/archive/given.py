"""Alerts for the tests of the archive: real ones, and variants of them."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from aiokafka import ConsumerRecord

from detector.archive.records import Archivable, read_record
from detector.config import StateSettings
from detector.core.texts import WITHDRAWN
from detector.replay.backtest import Backtest
from detector.rules.rule_set import rules_in_force
from detector.simulate import Traffic, encode, simulate

Json = dict[str, Any]

_ALERT: Json = {
    "status": "raised",
    "revision": 1,
    "case_id": "c1",
    "rule_id": "no-password-burst",
    "rule_version": "135221cd156e4f9a",
    "mode": "live",
    "severity": "high",
    "action": "hold_and_notify",
    "anchor": {"event_id": "e5", "type": "debit", "topic": "payments", "partition": 1, "offset": 9},
    "entity": {"user_id": "u1"},
    "event_time": 1_767_225_867_680,
    "detected_at": 1_767_225_867_705,
    "title": {"en": "Burst of no-password debits", "zh": "短时间内多笔免密支付"},
    "explanation": {"en": "5 no-password debits", "zh": "5笔免密支付"},
    "measures": {"count": 5},
    "thresholds": {"count": {"gte": 5}},
    "evidence": [
        {"event_id": "e4", "type": "debit", "event_time": 1_767_225_847_608},
        {"event_id": "e5", "type": "debit", "event_time": 1_767_225_867_680},
    ],
    "evidence_total": 5,
    "late": False,
    "approximate": False,
}


@cache
def _published() -> list[bytes]:
    traffic = Traffic(users=100, events=2_000, seed=5, fraud=1.0)
    state = StateSettings()
    backtest = Backtest(rules_in_force([], True), state.allowed_lateness, state.history_cap)
    alerts = backtest.run(encode(one.event) for one in simulate(traffic))
    return [msgspec.json.encode(alert) for alert in alerts]


def real_alerts() -> list[Json]:
    """What the shipped rules raise on simulated traffic, hundreds of alerts of several rules."""
    return [json.loads(value) for value in _published()]


def alert(alert_id: str = "a1", **fields: Any) -> Json:
    """An alert with this id, and these fields instead of its own."""
    return {**_ALERT, "alert_id": alert_id, **fields}


def withdrawal(raised: Mapping[str, Any], revision: int) -> Json:
    """What is published when an alert falls."""
    nothing: Json = {"measures": {}, "thresholds": {}, "evidence": [], "evidence_total": 0}
    fallen = {"status": "withdrawn", "revision": revision, "explanation": WITHDRAWN, "approximate": False}
    return {**raised, **nothing, **fallen, "detected_at": raised["detected_at"] + 1_000}


def encoded(value: Any) -> bytes:
    """JSON as the detector writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def record(value: bytes | None, offset: int = 0) -> ConsumerRecord:
    return ConsumerRecord("fraud.alerts", 3, offset, 0, 0, None, value, None, 0, 0, ())


def archivable(*alerts: Json) -> list[Archivable]:
    """The alerts as they come from Kafka, one after the other."""
    read = [read_record(record(encoded(one), offset)) for offset, one in enumerate(alerts)]
    assert None not in read
    return [one for one in read if one is not None]
