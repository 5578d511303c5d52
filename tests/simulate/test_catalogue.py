"""The shipped catalogue on the scenario set: which frauds it sees."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from detector.config import load_settings
from detector.core.alert import Alert, Status
from detector.replay.backtest import Backtest
from detector.rules.rule_set import files_in_force
from detector.simulate import Label, ScenarioSet, encode, scenarios
from detector.simulate.case import VARIANTS
from detector.simulate.frauds import KINDS

EACH = 6
FRAUDS = EACH * len(KINDS) * len(VARIANTS)
# As many frauds as give each kind in each variant six times, at merchants of their own.
MANY = ScenarioSet(users=7_200, events=40_000, seed=5, fraud=FRAUDS / 7_200, look_alikes=0)

RULES_OF = {
    "no-password-burst": {"no-password-burst"},
    "slow-drip": {"no-password-drip"},
    "over-limit": {"no-password-over-limit"},
    "agreement-drain": {"agreement-drain"},
    "remote-session": {"face-after-remote-session"},
    "sms-sync-takeover": {"otp-drain"},
    "new-device-debits": {"new-device-debits"},
    "lost-phone": {"lost-device-debit"},
    "impossible-travel": {"impossible-travel"},
    "instalment-cash-out": {"instalment-cash-out", "limit-raise-cash-out"},
    "cash-out-merchant": {"merchant-cash-out"},
    "merchant-surge": {"merchant-surge"},
    "uncertified-terminals": {"uncertified-terminal"},
    "complaint-spike": {"merchant-complaints"},
    "malicious-complaints": {"malicious-complaints"},
}


@dataclass
class Seen:
    """What was labelled, and the standing alerts on each fraud."""

    frauds: dict[str, dict[str, tuple[Label, dict]]] = field(default_factory=lambda: defaultdict(dict))
    alerts: dict[str, list[Alert]] = field(default_factory=lambda: defaultdict(list))

    def recall(self, kind: str, variants: tuple[str, ...], rules: set[str] | None = None) -> float:
        of_kind = [
            fraud_id
            for fraud_id, events in self.frauds.items()
            if (label := next(iter(events.values()))[0]).kind == kind and label.variant in variants
        ]
        assert len(of_kind) == EACH * len(variants)
        caught = [one for one in of_kind if any(not rules or a.rule_id in rules for a in self.alerts[one])]
        return len(caught) / len(of_kind)


@pytest.fixture(scope="module")
def seen() -> Seen:
    seen = Seen()
    fraud_of: dict[str, str] = {}

    def lines() -> Iterator[bytes]:
        for simulated in scenarios(MANY):
            if label := simulated.label:
                fraud_of[label.event_id] = label.fraud_id
                seen.frauds[label.fraud_id][label.event_id] = (label, simulated.event)
            yield encode(simulated.event)

    state = load_settings(None, {}).state
    rules = [file.rule for file in files_in_force([], True, state)]
    standing: dict[str, Alert] = {}
    for alert in Backtest(rules, state.allowed_lateness, state.history_cap).run(lines()):
        if alert.status is Status.RAISED:
            standing[alert.alert_id] = alert
        else:
            del standing[alert.alert_id]
    for alert in standing.values():
        events = [alert.anchor.event_id, *(event.event_id for event in alert.evidence)]
        for fraud_id in {fraud_of[event] for event in events if event in fraud_of}:
            seen.alerts[fraud_id].append(alert)
    return seen


@pytest.mark.parametrize("kind", RULES_OF)
def test_a_fraud_in_its_plain_variant_is_seen_by_its_own_rule(seen: Seen, kind: str) -> None:
    assert seen.recall(kind, ("plain",), RULES_OF[kind]) >= 0.95


@pytest.mark.parametrize("kind", RULES_OF)
def test_a_fraud_is_mostly_seen_in_all_its_variants(seen: Seen, kind: str) -> None:
    assert seen.recall(kind, VARIANTS) >= 0.8


def test_what_is_sent_again_or_late_hides_no_fraud(seen: Seen) -> None:
    for kind in RULES_OF:
        assert seen.recall(kind, ("retries", "late", "interleaved")) >= 0.95, kind


def test_both_rules_on_instalments_see_their_form_of_cash_out(seen: Seen) -> None:
    by = Counter(
        alert.rule_id
        for fraud_id, events in seen.frauds.items()
        if next(iter(events.values()))[0].kind == "instalment-cash-out"
        for alert in seen.alerts[fraud_id]
    )
    assert min(by["instalment-cash-out"], by["limit-raise-cash-out"]) > EACH


def test_a_remote_session_is_alerted_at_the_face_before_the_money_moves(seen: Seen) -> None:
    slow_missed = 0
    for fraud_id, events in seen.frauds.items():
        label = next(iter(events.values()))[0]
        if label.kind != "remote-session":
            continue
        money = min(e["event_time"] for one, e in events.values() if one.role == "money")
        at_the_face = [
            alert
            for alert in seen.alerts[fraud_id]
            if alert.rule_id == "face-after-remote-session"
            and alert.anchor.type == "face_verification"
            and alert.event_time < money
        ]
        if label.variant == "slow" and not at_the_face:
            slow_missed += 1
        else:
            assert at_the_face, (fraud_id, label.variant)
    # The caller talked for more than half an hour before the face: beyond the rule's definition.
    assert 0 < slow_missed < EACH
