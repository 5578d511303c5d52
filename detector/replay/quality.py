"""How good the alerts are, held against what is known to be fraud."""

from __future__ import annotations

from typing import NamedTuple

from detector.core.alert import Alert
from detector.core.rule import Mode
from detector.replay.share import Share
from detector.replay.spread import Spread


class RuleQuality(NamedTuple):
    """One rule: how many of its alerts are about a fraud, and how many frauds it caught.

    `alone` counts those of them that no other live rule caught.
    """

    rule_id: str
    mode: Mode
    precision: Share
    caught: int
    alone: int


class KindQuality(NamedTuple):
    """The frauds of one kind, or of one variant of it (else `variant` is empty).

    Args:
        kind: as labelled.
        variant: as labelled.
        recall: of all these frauds, those caught.
        seconds: from the first event of a fraud to its first alert's anchor, of those caught.
        moved: fen that moved before that anchor, of those caught.
        before_money: of those in which money moves, those alerted before any had.
        missed_amount: fen that moved in those not caught.
    """

    kind: str
    variant: str
    recall: Share
    seconds: Spread | None
    moved: Spread | None
    before_money: Share
    missed_amount: int


class Fraud(NamedTuple):
    """A labelled fraud, its events in their order as (event_time, event_id)."""

    fraud_id: str
    kind: str
    variant: str
    events: tuple[tuple[int, str], ...]
    users: frozenset[str]
    merchants: frozenset[str]


class Quality(NamedTuple):
    """What labels say of a run; alerts of rules in shadow count by rule only.

    Args:
        precision: of all alerts, those about a fraud.
        all: all frauds, without kind and variant.
        rules: by id.
        kinds: by kind.
        variants: by kind and variant.
        wrong: the alerts that are about no fraud.
        missed: the frauds without an alert.
        in_shadow: how many alerts are of rules in shadow.
        absent: how many labelled events are not among those that were read.
        users: how many there were.
        days: from the first event to the last.
        alerts_per_1000_users_a_day: None where there was no user or no time.
    """

    precision: Share
    all: KindQuality
    rules: list[RuleQuality]
    kinds: list[KindQuality]
    variants: list[KindQuality]
    wrong: list[Alert]
    missed: list[Fraud]
    in_shadow: int
    absent: int
    users: int
    days: float
    alerts_per_1000_users_a_day: float | None
