"""The frauds that labels tell of, and which alerts are about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from detector.core.alert import Alert
from detector.replay.fact import Fact
from detector.replay.labels import Labelled

_MONEY = frozenset({"debit", "transfer", "instalment"})


class Fraud(NamedTuple):
    """A labelled fraud, its events in their order as (event_time, event_id); `fraud_id` may be empty."""

    fraud_id: str
    kind: str
    variant: str
    events: tuple[Fact, ...]

    @property
    def users(self) -> frozenset[str]:
        """Those whose events are labelled."""
        return frozenset(event.user_id for event in self.events)

    @property
    def merchants(self) -> frozenset[str]:
        """Those at which the labelled events are."""
        return frozenset(event.merchant_id for event in self.events if event.merchant_id is not None)

    @property
    def is_of_merchant(self) -> bool:
        """Whether several users lose to, or through, one merchant: then it is the merchant's fraud."""
        return len(self.users) > 1 and len(self.merchants) == 1

    @property
    def payments(self) -> list[Fact]:
        """The events that move money away."""
        return [event for event in self.events if event.type in _MONEY]


class Found(NamedTuple):
    """The frauds that an alert is about, and those of them that it catches."""

    about: list[Fraud]
    catches: list[Fraud]


def frauds_of(labels: Iterable[Labelled], facts: Mapping[str, Fact]) -> list[Fraud]:
    """The frauds with at least one event among the facts, by the time of their first event."""
    told: defaultdict[tuple[str, str], dict[str, Labelled]] = defaultdict(dict)
    for label in labels:
        if label.event_id in facts:
            whose = "" if label.fraud_id else facts[label.event_id].user_id
            told[label.fraud_id, whose][label.event_id] = label
    frauds = [_fraud(list(of_fraud.values()), facts) for of_fraud in told.values()]
    return sorted(frauds, key=lambda fraud: (place(fraud.events[0]), fraud.fraud_id))


def _fraud(labels: list[Labelled], facts: Mapping[str, Fact]) -> Fraud:
    events = sorted((facts[label.event_id] for label in labels), key=place)
    kind = next((label.kind for label in labels if label.kind), "")
    variant = next((label.variant for label in labels if label.variant), "")
    return Fraud(labels[0].fraud_id, kind, variant, tuple(events))


def place(event: Fact) -> tuple[int, str]:
    """An event's place in the order of events."""
    return event.event_time, event.event_id


class Finder:
    """Finds the frauds that an alert is about.

    An alert touches a fraud where its anchor or its evidence is one of the fraud's events; where evidence was
    left out, because it is too long, also where the alert's entity has a part in the fraud and the times from
    the first evidence listed to the anchor meet those of the fraud.

    An alert about a user is about what it touches. One about a merchant alone has many users' events as
    evidence, and a victim among its customers does not make it right: it is about the merchants' frauds that
    it touches, and about others only where at least half of its listed evidence is labelled.

    An alert catches what it is about; but a merchant's fraud is caught by alerts about a merchant alone.
    """

    def __init__(self, frauds: Iterable[Fraud]) -> None:
        self._by_event: defaultdict[str, list[Fraud]] = defaultdict(list)
        self._by_user: defaultdict[str, list[Fraud]] = defaultdict(list)
        self._by_merchant: defaultdict[str, list[Fraud]] = defaultdict(list)
        for fraud in frauds:
            for event in fraud.events:
                self._by_event[event.event_id].append(fraud)
            for user in fraud.users:
                self._by_user[user].append(fraud)
            for merchant in fraud.merchants:
                self._by_merchant[merchant].append(fraud)

    def find(self, alert: Alert) -> Found:
        """The frauds that this alert is about and catches."""
        touched = self._touched(alert)
        if "user_id" in alert.entity:
            return Found(touched, [fraud for fraud in touched if not fraud.is_of_merchant])
        if not self._is_mostly_fraud(alert):
            touched = [fraud for fraud in touched if fraud.is_of_merchant]
        return Found(touched, touched)

    def _touched(self, alert: Alert) -> list[Fraud]:
        listed = [fraud for event_id in _events(alert) for fraud in self._by_event.get(event_id, ())]
        if alert.evidence_total > len(alert.evidence):
            listed += self._overlapping(alert)
        return list({id(fraud): fraud for fraud in listed}.values())

    def _overlapping(self, alert: Alert) -> list[Fraud]:
        user, merchant = alert.entity.get("user_id"), alert.entity.get("merchant_id")
        of_entity = self._by_user.get(user, []) if user else self._by_merchant.get(merchant or "", [])
        begin = min(event.event_time for event in alert.evidence)
        return [
            fraud
            for fraud in of_entity
            if (merchant is None or merchant in fraud.merchants)
            and fraud.events[0].event_time <= alert.event_time
            and begin <= fraud.events[-1].event_time
        ]

    def _is_mostly_fraud(self, alert: Alert) -> bool:
        events = _events(alert)
        return 2 * sum(event_id in self._by_event for event_id in events) >= len(events)


def _events(alert: Alert) -> set[str]:
    return {alert.anchor.event_id, *(event.event_id for event in alert.evidence)}
