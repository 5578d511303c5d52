"""Rules whose alerts fall easily: a late event takes away what they rest on."""

from random import Random
from typing import Any

from .engine_runs import LATENESS
from .streams import random_arrival, random_events

EVENTS = 50

FRAGILE: list[dict[str, Any]] = [
    {"window": {"event": "debit", "within": "8m"}, "when": {"count": 2}},
    {
        "window": {"event": ["debit", "transfer"], "within": "10m"},
        "when": {"last(auth_method)": {"ne": "none"}},
    },
    {
        "window": {"within": "10m", "select": {"out": {"event": "debit"}, "back": {"event": "login"}}},
        "when": {"count(back) / count(out)": {"lt": 0.5}, "count(out)": {"gte": 2}},
        "overrides": [{"where": {"user_tier": "minor"}, "severity": "critical"}],
    },
    {
        "sequence": {
            "steps": [
                {"name": "start", "event": "remote_session_started"},
                {
                    "name": "pay",
                    "event": ["debit", "transfer", "instalment"],
                    "within": "20m",
                    "unless": {"event": ["face_verification", "remote_session_ended"]},
                },
            ]
        },
    },
    {
        "sequence": {
            "within": "20m",
            "steps": [
                {"name": "login", "event": "login", "alert": "low"},
                {"name": "face", "event": "face_verification", "unless": {"event": "sms_sync_enabled"}},
                {
                    "name": "pay",
                    "event": "debit",
                    "at_least": 2,
                    "unless": {"event": "login", "before": "1m"},
                },
            ],
        },
        "overrides": [{"where": {"login.new_device": True}, "severity": "high"}],
    },
]
FRAGILE_TYPES = {
    "debit",
    "transfer",
    "login",
    "remote_session_started",
    "remote_session_ended",
    "face_verification",
    "sms_sync_enabled",
}


def fragile_stream(rng: Random, cooldown: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """These rules, and events of one user in an arrival order within the allowed lateness."""
    written = [
        {"id": f"fragile-{number}", "by": "user_id", "cooldown": cooldown} | rule
        for number, rule in enumerate(FRAGILE)
    ]
    one_user = [
        event | {"user_id": "u1"} for event in random_events(rng, EVENTS) if event["type"] in FRAGILE_TYPES
    ]
    return written, random_arrival(rng, one_user, LATENESS)
