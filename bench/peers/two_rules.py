"""What two of the shipped rules decide for one user, written out by hand.

They are `no-password-burst` and `face-after-remote-session`. The events of a user must come in the order of
event time: nothing is inserted, withdrawn or counted twice. The state is made of what JSON knows, so that
each library can keep it in its own way; an event that changes nothing leaves it as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

from detector.core.alert import alert_id
from detector.core.rule import Severity

BURST = "no-password-burst"
REMOTE = "face-after-remote-session"

_MINUTE = 60_000
_WINDOW = 10 * _MINUTE
_STEP = 30 * _MINUTE
_SESSION_ENDED_BEFORE = 10 * _MINUTE
_BURST_COOLDOWN = 30 * _MINUTE
_REMOTE_COOLDOWN = 60 * _MINUTE
_STRICTER_TIERS = ("elderly", "minor")
_MONEY = ("transfer", "debit", "instalment")

USED_TYPES = frozenset({*_MONEY, "remote_session_started", "remote_session_ended", "face_verification"})
"""The types that either rule looks at."""


class State(TypedDict):
    """What is kept of a user; times are event times in ms.

    `debits` are the no-password debits of the last ten minutes, each its time and its amount; `sessions` are
    the remote sessions that began in the last thirty minutes, each its start, its id and its end, None while
    it goes on; `face` is the last face verification that completed its step, None before the first;
    `raised` is the period of the last alert of each kind.
    """

    debits: list[list[int]]
    sessions: list[list[Any]]
    face: int | None
    raised: dict[str, int]


class Decision(NamedTuple):
    """Whether the state was changed, and the alerts that are new, as they go to Kafka."""

    changed: bool
    alerts: list[dict[str, str]]


_NOTHING = Decision(False, [])


def new_state() -> State:
    """The state of a user of whom nothing is known."""
    return {"debits": [], "sessions": [], "face": None, "raised": {}}


def decide(state: State, event: Mapping[str, Any]) -> Decision:
    """Take the next event of a user: the state is changed in place."""
    match event["type"]:
        case "debit" | "transfer" | "instalment":
            return _pay(state, event)
        case "remote_session_started":
            return _begin_session(state, event)
        case "remote_session_ended":
            return _end_session(state, event)
        case "face_verification" if event["result"] == "passed":
            return _show_face(state, event)
    return _NOTHING


def _pay(state: State, event: Mapping[str, Any]) -> Decision:
    """A no-password debit may complete a burst; any payment soon after the face is the money moving."""
    alerts: list[dict[str, str]] = []
    counts = event["type"] == "debit" and event["auth_method"] == "none"
    if counts and _is_burst(state, event):
        alerts += _raise(state, event, BURST, Severity.HIGH, _BURST_COOLDOWN)
    if state["face"] is not None and event["event_time"] - state["face"] <= _STEP:
        alerts += _raise(state, event, REMOTE, Severity.CRITICAL, _REMOTE_COOLDOWN)
    return Decision(counts or bool(alerts), alerts)


def _is_burst(state: State, event: Mapping[str, Any]) -> bool:
    now = event["event_time"]
    debits = [debit for debit in state["debits"] if debit[0] > now - _WINDOW]
    debits.append([now, event["amount"]])
    state["debits"] = debits
    least_count, least_sum = (3, 30_000) if event.get("user_tier") in _STRICTER_TIERS else (5, 100_000)
    return len(debits) >= least_count or sum(amount for _, amount in debits) >= least_sum


def _begin_session(state: State, event: Mapping[str, Any]) -> Decision:
    now = event["event_time"]
    sessions = [session for session in state["sessions"] if session[0] >= now - _STEP]
    sessions.append([now, event["session_id"], None])
    state["sessions"] = sessions
    return Decision(True, [])


def _end_session(state: State, event: Mapping[str, Any]) -> Decision:
    """The first end of a session is the one that counts: no later one cancels sooner."""
    ending = [
        session for session in state["sessions"] if session[1] == event["session_id"] and session[2] is None
    ]
    for session in ending:
        session[2] = event["event_time"]
    return Decision(bool(ending), [])


def _show_face(state: State, event: Mapping[str, Any]) -> Decision:
    now = event["event_time"]
    if not any(_is_open(session, now) for session in state["sessions"]):
        return _NOTHING
    state["face"] = now
    return Decision(True, _raise(state, event, REMOTE, Severity.HIGH, _REMOTE_COOLDOWN))


def _is_open(session: list[Any], now: int) -> bool:
    """Whether a face verification counts as one in the session: it began, and if it ended, not long ago."""
    started, _, ended = session
    return started >= now - _STEP and (ended is None or ended > now - _SESSION_ENDED_BEFORE)


def _raise(
    state: State, event: Mapping[str, Any], rule_id: str, severity: Severity, cooldown: int
) -> list[dict[str, str]]:
    """The alert, unless one of its rule and severity was raised in this period."""
    period = event["event_time"] // cooldown
    kind = f"{rule_id} {severity}"
    if state["raised"].get(kind) == period:
        return []
    state["raised"][kind] = period
    user = event["user_id"]
    return [
        {
            "alert_id": alert_id(rule_id, (user,), severity, period),
            "rule_id": rule_id,
            "severity": severity.value,
            "user_id": user,
            "event_id": event["event_id"],
        }
    ]
