"""Example cases as timelines: the events that alerts rest on, and when the alerts came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from detector.core.alert import Alert, EvidenceEvent
from detector.core.rule import Severity
from detector.replay.fact import Fact
from detector.replay.report.held import Held, held
from detector.replay.report.stake import at_stake
from detector.replay.report.words import span, utc, yuan

EACH_RULE = 2
_FIRST, _LAST = 3, 9


class Moment(NamedTuple):
    """One event of a case; `place` is where it lies between the first and the last, in percent."""

    event_id: str
    type: str
    step: str
    time: str
    since_start: str
    amount: str
    place: float
    raised: Severity | None


class Told(NamedTuple):
    """One alert of a case, with what it measured."""

    alert: Alert
    time: str
    measures: list[Held]


class Story(NamedTuple):
    """A case: its alerts in their order and the events that they rest on.

    Args:
        rule_id: the rule's.
        who: the values of the key.
        alerts: the first first.
        moments: all events, for the picture.
        listed: those of them that are listed, None where some are left out.
        left_out: how many are in the alerts' evidence, or too many for the list.
        lasted: from the first event to the last.
    """

    rule_id: str
    who: str
    alerts: list[Told]
    moments: list[Moment]
    listed: list[Moment | None]
    left_out: int
    lasted: str


def stories(
    alerts: Iterable[Alert], facts: Mapping[str, Fact], each_rule: int = EACH_RULE
) -> Iterator[Story]:
    """Of each rule the gravest cases, and among them those with the most money at stake."""
    cases: dict[str, dict[str, list[Alert]]] = defaultdict(lambda: defaultdict(list))
    for alert in alerts:
        cases[alert.rule_id][alert.case_id].append(alert)
    for _, of_rule in sorted(cases.items()):
        for case in sorted(of_rule.values(), key=_weight, reverse=True)[:each_rule]:
            yield _story(sorted(case, key=lambda alert: alert.event_time), facts)


def _weight(case: list[Alert]) -> tuple[int, int, str]:
    grave = max(list(Severity).index(alert.severity) for alert in case)
    return grave, at_stake(case), case[0].case_id


def _story(case: list[Alert], facts: Mapping[str, Fact]) -> Story:
    events = {event.event_id: event for alert in case for event in alert.evidence}
    ordered = sorted(events.values(), key=lambda event: (event.event_time, event.event_id))
    moments = list(_moments(ordered, case, facts))
    listed = _some(moments)
    unseen = max(alert.evidence_total - len(alert.evidence) for alert in case)
    return Story(
        rule_id=case[0].rule_id,
        who=", ".join(case[0].entity.values()),
        alerts=[Told(alert, utc(alert.event_time), list(held(alert))) for alert in case],
        moments=moments,
        listed=listed,
        left_out=len(moments) - sum(moment is not None for moment in listed) + unseen,
        lasted=span(ordered[-1].event_time - ordered[0].event_time),
    )


def _moments(events: list[EvidenceEvent], case: list[Alert], facts: Mapping[str, Fact]) -> Iterator[Moment]:
    first, last = events[0].event_time, events[-1].event_time
    raised = {alert.anchor.event_id: alert.severity for alert in case}
    amounts = {alert.anchor.event_id: alert.anchor.amount for alert in case}
    for event in events:
        fact = facts.get(event.event_id)
        amount = fact.amount if fact else amounts.get(event.event_id)
        since = event.event_time - first
        yield Moment(
            event_id=event.event_id,
            type=event.type,
            step=event.step or "",
            time=utc(event.event_time),
            since_start=f"+{span(since)}" if since else "start",
            amount="" if amount is None else yuan(amount),
            place=100 * since / (last - first) if last > first else 50,
            raised=raised.get(event.event_id),
        )


def _some(moments: list[Moment]) -> list[Moment | None]:
    """All of a few; of many the first and the last, with a gap between."""
    if len(moments) <= _FIRST + _LAST:
        return list(moments)
    return [*moments[:_FIRST], None, *moments[-_LAST:]]
