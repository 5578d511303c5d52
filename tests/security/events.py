"""A few events of which the worker makes all that it can make, and a rule in shadow for that."""

import time
from typing import Any

WATCHED = """
id: watched
by: user_id
mode: shadow
window: {event: debit, within: 10m}
when: {count: {gte: 1}}
"""


def events() -> list[dict[str, Any]]:
    """Debits that raise a live alert and one in shadow, and a complaint that rules by merchant can use."""
    began = int(time.time() * 1000) - 60_000
    common = {"event_time": began, "user_id": "u1", "merchant_id": "m1"}
    debit = {"type": "debit", "amount": 30_000, "currency": "CNY", "auth_method": "none", **common}
    complaint = {"type": "complaint", "complaint_id": "c1", "status": "opened", **common}
    return [{"event_id": f"e{number}", **event} for number, event in enumerate([*[debit] * 5, complaint])]
