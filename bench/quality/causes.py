"""Whose life raised the alerts that are about no fraud."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from detector.core.alert import Alert

EVERYDAY = "everyday life"
"""What is neither a look-alike nor a fraud."""


class Cause(NamedTuple):
    """False alerts of a rule that a look-alike raised, and about how many users or merchants they are."""

    look_alike: str
    rule_id: str
    alerts: int
    keys: int


class _Told(msgspec.Struct):
    event_id: str
    look_alike: str


def causes_of(wrong: Iterable[Alert], look_alikes: Path) -> list[Cause]:
    """The false alerts by look-alike and rule, most first.

    An alert is put down to the look-alike that most of its evidence is of, and to everyday life only where
    none of it is of any.
    """
    evidence = {alert.alert_id: _events(alert) for alert in wrong}
    told = _told(look_alikes, frozenset().union(*evidence.values()))
    alerts: Counter[tuple[str, str]] = Counter()
    keys: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for alert in wrong:
        found = Counter(told[event_id] for event_id in evidence[alert.alert_id] if event_id in told)
        # Of two that are equally often there, the same one in every run.
        name = min(found, key=lambda one: (-found[one], one)) if found else EVERYDAY
        alerts[name, alert.rule_id] += 1
        keys[name, alert.rule_id].add(next(iter(alert.entity.values())))
    causes = [Cause(*cause, number, len(keys[cause])) for cause, number in alerts.items()]
    return sorted(causes, key=lambda one: (-one.alerts, one.look_alike, one.rule_id))


def _events(alert: Alert) -> frozenset[str]:
    return frozenset({alert.anchor.event_id, *(event.event_id for event in alert.evidence)})


def _told(path: Path, wanted: frozenset[str]) -> dict[str, str]:
    decoder = msgspec.json.Decoder(_Told)
    with path.open("rb") as lines:
        found = map(decoder.decode, lines)
        return {one.event_id: one.look_alike for one in found if one.event_id in wanted}
