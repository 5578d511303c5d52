"""The fields that the property tests' events carry and rules ask for, each with a few of its values."""

from typing import Any

AUTH_METHODS = ["none", "none", "none", "password", "face", "fingerprint", "otp"]
AMOUNTS = [0, 100, 100, 500, 1_000, 5_000]

COMMON: dict[str, list[Any]] = {
    "user_tier": ["standard", "elderly", "minor"],
    "device_id": ["d1", "d2"],
    "city": ["Xiamen", "Harbin"],
    "country": ["CN"],
    "channel": ["app"],
    "ip": ["192.0.2.1", "192.0.2.2"],
}
PAID: dict[str, list[Any]] = {"amount": AMOUNTS, "currency": ["CNY"], "auth_method": AUTH_METHODS}
REQUIRED: dict[str, dict[str, list[Any]]] = {
    "debit": {**PAID, "merchant_id": ["m1", "m2"]},
    "transfer": {**PAID, "payee_id": ["p1", "p2"]},
    "instalment": {**PAID, "merchant_id": ["m1", "m2"], "instalments": [3, 6, 12]},
    "refund": {
        "amount": AMOUNTS,
        "currency": ["CNY"],
        "merchant_id": ["m1", "m2"],
        "refunded_event_id": ["r1"],
    },
    "login": {"new_device": [True, False]},
    "face_verification": {"result": ["passed", "passed", "failed"]},
    "remote_session_started": {"session_id": ["s1", "s2"]},
    "remote_session_ended": {"session_id": ["s1", "s2"]},
    "sms_sync_enabled": {},
    "password_reset": {},
    "device_bound": {},
    "device_reported_lost": {},
    "agreement_activated": {
        "agreement_id": ["a1", "a2"],
        "merchant_id": ["m1", "m2"],
        "consent": ["explicit", "default"],
    },
    "credit_limit_raised": {"new_limit": [10_000, 50_000]},
    "complaint": {
        "complaint_id": ["c1", "c2", "c3"],
        "merchant_id": ["m1", "m2"],
        "status": ["opened", "upheld", "rejected", "withdrawn"],
    },
}
OPTIONAL: dict[str, dict[str, list[Any]]] = {
    "debit": {
        "card_id": ["k1", "k2", "k3"],
        "agreement_id": ["a1", "a2"],
        "merchant_tier": ["A", "B", "C"],
        "terminal_id": ["t1", "t2"],
        "terminal_certified": [True, False],
    },
    "transfer": {"card_id": ["k1", "k2", "k3"]},
    "login": {"method": ["password", "otp"]},
    "face_verification": {"purpose": ["payment", "login"]},
    "remote_session_started": {"app": ["screen-share"]},
    "remote_session_ended": {"app": ["screen-share"]},
    "agreement_activated": {"new_device": [True, False]},
}
WEIGHTS = dict.fromkeys(REQUIRED, 1) | {
    "debit": 10,
    "transfer": 4,
    "instalment": 4,
    "face_verification": 6,
    "remote_session_started": 4,
    "remote_session_ended": 4,
    "login": 4,
    "agreement_activated": 4,
}
NUMBERS = {"amount", "instalments", "new_limit"}
BOOLEANS = {"new_device", "terminal_certified"}
LISTS: dict[str, frozenset[str]] = {
    "watched": frozenset(["d1", "m1", "k1", "s1", "a1", "t1", "c1", "none", "minor", "passed", "Xiamen"]),
    "trusted": frozenset(["d2", "m2", "k2", "k3", "s2", "a2", "standard", "explicit", "opened", "CN"]),
    "nobody": frozenset(),
}
"""Lists kept beside the rules, by name."""
MEMBERS = {name: dict.fromkeys(members, "") for name, members in LISTS.items()}
"""The lists as the live job holds them."""


def fields_of(kind: str) -> dict[str, list[Any]]:
    """Every field that an event of a type may carry beside its id, time and user, with its values."""
    return COMMON | REQUIRED[kind] | OPTIONAL.get(kind, {})
