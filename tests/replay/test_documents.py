"""What a backtest found out, as JSON: other programs rely on its names."""

import json
from typing import Any

import msgspec

from detector.core.disposition import Disposition
from detector.replay.comparison import compare
from detector.replay.documents import (
    comparison_document,
    judged_document,
    quality_document,
    sweep_document,
)
from detector.replay.fact import Fact
from detector.replay.judged import judged
from detector.replay.labels import Judgement, Labelled
from detector.replay.quality import Observed, quality
from detector.replay.share import Share
from detector.replay.sweep import Sweep, SweepPoint

from ..core.given import HOUR, MINUTE
from .given import alert, by_id


def written(document: Any) -> Any:
    """As other programs read it."""
    return json.loads(msgspec.json.encode(document))


ALL = {"value": 1.0, "hits": 1, "of": 1, "low": Share(1, 1).interval[0], "high": 1.0}
NONE = {"value": None, "hits": 0, "of": 0, "low": None, "high": None}


def test_a_comparison():
    before = by_id(alert("same"), alert("gone", 50, anchor={"amount": 5}), alert("moved", 100))
    after = by_id(alert("same"), alert("new", 300, anchor={"amount": 7}), alert("moved", 90))
    found = written(comparison_document(compare(before, after), before, after))
    examples = found.pop("examples")
    row = {"before": 3, "after": 3, "added": 1, "removed": 1, "changed": 1}
    row |= {"added_amount": 7, "removed_amount": 5}
    assert found == {
        **row,
        "same": 1,
        "kinds": {"earlier": 1},
        "by_rule": [{"name": "r", **row}],
        "by_severity": [{"name": "medium", **row}],
        "by_user_tier": [{"name": "-", **row}],
        "by_merchant_tier": [{"name": "-", **row}],
        "by_merchant": [{"name": "-", **row}],
    }
    assert examples == {
        "added": [written(after["new"])],
        "removed": [written(before["gone"])],
        "changed": [
            {"before": written(before["moved"]), "after": written(after["moved"]), "kinds": ["earlier"]}
        ],
    }


def test_quality():
    fact = Fact("x", "u1", "debit", 0, 30_000, "m1", None, None)
    lost = Fact("y", "u2", "transfer", 0, 7, None, None, None)
    labels = [Labelled("x", "f", "burst", "", "slow"), Labelled("y", "g", "scam")]
    alerts = [alert("a", 2, since=0, events=["x"]), alert("b", 90)]
    held = quality(alerts, labels, {"x": fact, "y": lost}, Observed(1_000, 24 * HOUR))
    found = written(quality_document(held))
    assert found["precision"]["of"] == 2
    assert found["all"]["recall"]["hits"] == 1
    assert found["rules"] == [
        {"rule_id": "r", "mode": "live", "precision": found["precision"], "caught": 1, "alone": 1}
    ]
    assert found["variants"][0] == {
        "kind": "burst",
        "variant": "slow",
        "recall": ALL,
        "seconds": {"number": 1, "median": 120.0, "p90": 120.0, "total": 120.0},
        "moved": {"number": 1, "median": 30_000, "p90": 30_000, "total": 30_000},
        "before_money": {"value": 0.0, "hits": 0, "of": 1, "low": 0.0, "high": Share(0, 1).interval[1]},
        "missed_amount": 0,
    }
    assert found["kinds"][1]["missed_amount"] == 7
    assert (found["wrong"], found["missed"], found["in_shadow"], found["absent"]) == (1, 1, 0, 0)
    assert (found["users"], found["days"], found["alerts_per_1000_users_a_day"]) == (1_000, 1.0, 2.0)
    assert [one["alert_id"] for one in found["examples"]["wrong"]] == ["b"]
    assert found["examples"]["missed"] == [
        {
            "fraud_id": "g",
            "kind": "scam",
            "variant": "",
            "event_time": 0,
            "event_ids": ["y"],
            "events": 1,
        }
    ]


def test_dispositions():
    held = judged([alert("a")], [Judgement("a", Disposition.CONFIRMED)], (0, MINUTE))
    assert written(judged_document(held)) == {
        "alerts": 1,
        "precision": ALL,
        "recall": ALL,
        "unclear": 0,
        "unjudged": 0,
        "outside": 0,
        "rules": [{"rule_id": "r", "mode": "live", "alerts": 1, "precision": ALL}],
    }
    assert written(judged_document(judged([], [], (0, 0))))["recall"] == NONE


def test_a_sweep():
    point = SweepPoint("3", 48, 0.5, 1.0, True, 24, 6, 6)
    assert written(sweep_document(Sweep("r", "cooldown", [point]))) == {
        "rule_id": "r",
        "path": "cooldown",
        "points": [
            {
                "value": "3",
                "alerts": 48,
                "precision": 0.5,
                "recall": 1.0,
                "is_current": True,
                "right": 24,
                "caught": 6,
                "frauds": 6,
            }
        ],
    }
