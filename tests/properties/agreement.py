"""Holds the engine against the twin over one set of rules, one stream after the other."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

from msgspec.structs import replace

from detector.core.alert import MAX_EVIDENCE, Alert, Status
from detector.core.engine import Engine
from detector.core.history import History
from detector.state.codec import Codec, Tail

from . import twin
from .engine_runs import CAP, LATENESS, SCOPES, Between, Detector, decoded, read_rules, standing
from .twin import Anchor, Event, Rule
from .vocabulary import LISTS

Found = dict[str, list[Anchor]]

ANCHORS = "-anchors"
"""What is added to the id of a rule's copy without a cooldown: of it every anchor alerts."""


class Agreement:
    """Rules, and a copy of each without a cooldown: as written, for the twin, and ready to run."""

    def __init__(self, written: list[Rule], cap: int = CAP) -> None:
        self.written = written
        self._cap = cap
        read = read_rules(written)
        self._rules = {rule["id"]: rule for rule in written} | {
            rule["id"] + ANCHORS: rule | {"id": rule["id"] + ANCHORS, "cooldown": "0s"} for rule in written
        }
        self._read = [*read, *(replace(rule, id=rule.id + ANCHORS, cooldown=0) for rule in read)]
        self._detector = Detector(self._read, cap)

    def of(self, rule: Rule) -> "Agreement":
        """The same of one of its rules alone."""
        return Agreement([rule], self._cap)

    def found_by_twin(self, arrived: list[Event]) -> Found:
        """The anchors of each rule and of its copy, by their ids."""
        found: Found = {}
        for rule in self.written:
            found[rule["id"]] = found[rule["id"] + ANCHORS] = twin.anchors(rule, arrived, LISTS)
        return found

    def in_order(self, arrived: list[Event], found: Found) -> None:
        """Sorted, every anchor alerts at once, and the alert says what the twin says of it."""
        alerts = self._detector.run(map(decoded, sorted(arrived, key=place)))
        self._stand_as_found(alerts, found)
        for alert in alerts:
            assert (alert.status, alert.revision) == (Status.RAISED, 1)
            self._is_true(alert, found[alert.rule_id])
        self._have_their_cases(alerts)

    def as_it_arrives(self, arrived: list[Event], found: Found) -> list[Alert]:
        """Permuted, the same alerts stand in the end; gives all that were published."""
        alerts = self._detector.run(map(decoded, arrived))
        self._stand_as_found(alerts, found)
        return alerts

    def stopped_and_resumed(
        self, arrived: list[Event], after: int, alerts: list[Alert] | None = None
    ) -> None:
        """Written out and read back after every so many events, it publishes the alerts that it else does."""
        events = [decoded(event) for event in arrived]
        resumed = self._detector.run(events, _stopped_and_resumed(after))
        assert resumed == (self._detector.run(events) if alerts is None else alerts)

    def at_every_event(self, arrived: list[Event]) -> None:
        """After each event the alerts stand that the twin finds so far, and what was raised was so."""
        told: dict[str, list[Alert]] = defaultdict(list)
        for scope, number, observed in self._detector.observations(map(decoded, arrived)):
            seen = arrived[: number + 1]
            told[scope] += observed.alerts
            of_scope = [self._rules[rule.id] for rule in self._read if rule.by[0] == scope]
            assert standing(self._read, told[scope]) == twin.standing_alerts(of_scope, seen, LISTS)
            for alert in observed.alerts:
                if alert.status is Status.RAISED:
                    rule = self._rules[alert.rule_id]
                    self._is_true(alert, twin.anchors_at(rule, seen, alert.anchor.event_id, LISTS))

    def beyond_the_cap(self, arrived: list[Event]) -> Counter[bool]:
        """What does not call itself approximate is so; counts the alerts by whether they do."""
        seen: Counter[bool] = Counter()
        for _, number, observed in self._detector.observations(map(decoded, arrived)):
            for alert in observed.alerts:
                if alert.status is Status.RAISED:
                    seen[alert.approximate] += 1
                    if not alert.approximate:
                        rule = self._rules[alert.rule_id]
                        so_far = twin.anchors_at(rule, arrived[: number + 1], alert.anchor.event_id, LISTS)
                        self._is_true(alert, so_far)
        return seen

    def in_reach(self, arrived: list[Event], found: Found) -> None:
        """Sorted, every anchor alerts that rests on no more events of its key than the cap, and exactly."""
        alerts = self._detector.run(map(decoded, sorted(arrived, key=place)))
        exact = {(alert.rule_id, alert.anchor.event_id) for alert in alerts if not alert.approximate}
        for rule_id, anchors in found.items():
            if rule_id.endswith(ANCHORS):
                rule = self._rules[rule_id]
                for one in anchors:
                    if _rests_on(rule, one, arrived) <= self._cap:
                        assert (rule_id, one.event_id) in exact

    def however_late(self, arrived: list[Event]) -> Counter[str]:
        """What becomes of each event, and that what it raises is so over the events that are still kept.

        Counts the outcomes, and the late alerts.
        """
        seen: Counter[str] = Counter()
        taken: dict[tuple[str, str], dict[str, Event]] = defaultdict(dict)
        kept_until = {scope: self._kept_until(scope, arrived) for scope in SCOPES}
        for scope, number, observed in self._detector.observations(map(decoded, arrived)):
            event = arrived[number]
            of_key = taken[scope, event[scope]]
            newest = max((one["event_time"] for one in of_key.values()), default=-1)
            kept = {name: one for name, one in of_key.items() if kept_until[scope][name] >= newest}
            late = event["event_time"] < newest - LATENESS
            outcome = "accepted"
            if late and kept_until[scope][event["event_id"]] < newest:
                outcome = "too_late"
            elif event["event_id"] in kept:
                outcome = "duplicate"
            else:
                of_key[event["event_id"]] = kept[event["event_id"]] = event
            assert (observed.outcome, observed.late) == (outcome, late)
            for alert in observed.alerts:
                assert alert.late == late
                if alert.status is Status.RAISED:
                    rule = self._rules[alert.rule_id]
                    self._is_true(alert, twin.anchors_at(rule, kept.values(), alert.anchor.event_id, LISTS))
            seen.update([f"{outcome}, late" if late else outcome])
            seen["alert, late"] += late * len(observed.alerts)
        return seen

    def _kept_until(self, scope: str, arrived: list[Event]) -> dict[str, int]:
        """The event time up to which each event is kept for the rules of a scope."""
        rules = [self._rules[rule.id] for rule in self._read if rule.by[0] == scope]
        return {e["event_id"]: e["event_time"] + twin.keeps_for(rules, e) + LATENESS for e in arrived}

    def _stand_as_found(self, alerts: list[Alert], found: Found) -> None:
        expected = {one for rule in self._rules.values() for one in twin.standing(rule, found[rule["id"]])}
        assert standing(self._read, alerts) == expected
        assert not any(alert.approximate or alert.late for alert in alerts)

    def _is_true(self, alert: Alert, anchors: list[Anchor]) -> None:
        rule = self._rules[alert.rule_id]
        assert alert.mode == rule.get("mode", "live")
        assert any(_tells_of(alert, anchor, "window" in rule) for anchor in anchors)

    def _have_their_cases(self, alerts: list[Alert]) -> None:
        """Alerts share a case where they share a story, and only there."""
        pairs = {
            (alert.case_id, self._story(alert)) for alert in alerts if alert.evidence_total <= MAX_EVIDENCE
        }
        assert len({case for case, _ in pairs}) == len({story for _, story in pairs}) == len(pairs)

    def _story(self, alert: Alert) -> Any:
        key = (alert.rule_id, *alert.entity.values())
        if "sequence" in self._rules[alert.rule_id]:
            return key, alert.evidence[0].event_id
        (one,) = standing(self._read, [alert])
        return key, one.period


def _tells_of(alert: Alert, anchor: Anchor, is_window: bool) -> bool:
    """Whether the alert says of its anchor what the twin does."""
    about = (alert.anchor.event_id, tuple(alert.entity.values()), alert.severity, alert.action)
    return (
        about == (anchor.event_id, anchor.key, anchor.severity, anchor.action)
        and anchor.explanation in (None, alert.explanation)
        and (_tells_measures(alert, anchor) if is_window else _tells_chain(alert, anchor))
    )


def _tells_measures(alert: Alert, anchor: Anchor) -> bool:
    shown = tuple(item.event_id for item in alert.evidence)
    return (
        alert.measures == anchor.measures
        and alert.thresholds.keys() == anchor.measures.keys()
        and shown == anchor.selected[-MAX_EVIDENCE:]
        and alert.evidence_total == len(anchor.selected)
    )


def _tells_chain(alert: Alert, anchor: Anchor) -> bool:
    completed_by = {str(item.step): item.event_id for item in alert.evidence}
    if alert.evidence_total > MAX_EVIDENCE:
        return completed_by.items() <= anchor.completed_by.items()
    return completed_by == anchor.completed_by and alert.evidence[0].event_id == anchor.first_event_id


def _rests_on(rule: Rule, anchor: Anchor, arrived: list[Event]) -> int:
    """How many events of the key lie as near as an anchor's rule looks back."""
    scope = rule["by"] if isinstance(rule["by"], str) else rule["by"][0]
    earliest = anchor.event_time - twin.span_of(rule)
    return len(
        {
            event["event_id"]
            for event in arrived
            if event.get(scope) == anchor.key[0] and earliest <= event["event_time"] <= anchor.event_time
        }
    )


def place(event: Event) -> tuple[int, str]:
    """The place of an event in the order of its key."""
    return event["event_time"], event["event_id"]


def _stopped_and_resumed(after: int) -> Between:
    """A history is written out, read back and settled after every so many events."""
    seen = 0

    def between(scope: str, engine: Engine, history: History) -> History:
        nonlocal seen
        seen += 1
        if seen % after:
            return history
        codec = _codec(scope)
        stored = codec.encode(history.contents(), Tail())
        restored = codec.decode(stored, 0, getattr(history.entries[0].event, scope))
        engine.settle(restored)
        return restored

    return between


@cache
def _codec(scope: str) -> Codec:
    """Making one takes longer than all that is done with it here."""
    return Codec(["payments"], scope)


Check = Callable[[Agreement, list[Event]], object]


def proven(check: Check, agreement: Agreement, arrived: list[Event], seed: int) -> None:
    """Run a check; where it fails, say the seed, and the smallest rules and events that fail alike."""
    try:
        check(agreement, arrived)
    except Exception as error:
        agreement, arrived = _smallest(check, agreement, arrived)
        smallest = f"rules: {json.dumps(agreement.written)}\narrived: {json.dumps(arrived)}"
        raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}\n{smallest}") from error


def _smallest(check: Check, agreement: Agreement, arrived: list[Event]) -> tuple[Agreement, list[Event]]:
    single = map(agreement.of, agreement.written)
    agreement = next((one for one in single if _fails(check, one, arrived)), agreement)
    size = len(arrived)
    while size:
        for start in range(0, len(arrived), size):
            fewer = arrived[:start] + arrived[start + size :]
            if _fails(check, agreement, fewer):
                arrived = fewer
                break
        else:
            size //= 2
    return agreement, arrived


def _fails(check: Check, agreement: Agreement, arrived: list[Event]) -> bool:
    try:
        check(agreement, arrived)
    except Exception:
        return True
    return False
