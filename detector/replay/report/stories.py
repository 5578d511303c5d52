"""Example cases as timelines: the events that alerts rest on, and when the alerts came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from detector.core.alert import Alert, EvidenceEvent
from detector.core.rule import Severity
from detector.core.times import utc
from detector.replay.examples import at_stake
from detector.replay.fact import Fact
from detector.replay.frauds import Fraud
from detector.replay.report.data import ReportData
from detector.replay.report.fraud_facts import moved, victims
from detector.replay.report.held import Held, held
from detector.replay.report.words import span, yuan

_OF_EACH_RULE = 2
_MISSED = 6
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
    """A case, or a fraud that has no alert.

    Args:
        title: the rule's id, or the kind of fraud.
        who: the values of the key, or whom the fraud happened to.
        began: when its first event happened.
        lasted: from the first event to the last.
        alerts: in their order.
        moments: the events that the alerts rest on, or the fraud's.
        listed: those of them that are listed; None where some are left out.
        total: how many events it has.
        left_out: how many of them are not listed.
    """

    title: str
    who: str
    began: str
    lasted: str
    alerts: list[Told]
    moments: list[Moment]
    listed: list[Moment | None]
    total: int
    left_out: int


class Stories(NamedTuple):
    """Cases of one sort, with what to know about how they were chosen."""

    title: str
    note: str
    stories: list[Story]


def stories(data: ReportData) -> Iterator[Stories]:
    """Cases to look at: of each rule the gravest, and with labels what was wrong and what was missed."""
    quality = data.answers.quality
    wrong = quality.wrong if quality else []
    wrong_ids = {alert.alert_id for alert in wrong}
    right = [alert for alert in data.answers.standing.values() if alert.alert_id not in wrong_ids]
    note = "Of each rule the gravest, and of those the ones with the most money at stake."
    yield from _group("Cases", note, _cases(right, data.facts))
    yield from _group("Alerts about no fraud", f"So the labels say. {note}", _cases(wrong, data.facts))
    missed = sorted(quality.missed if quality else [], key=moved, reverse=True)
    note = "The ones in which the most money moved."
    yield from _group("Frauds without an alert", note, map(_of_fraud, missed[:_MISSED]))


def _group(title: str, note: str, found: Iterable[Story]) -> Iterator[Stories]:
    listed = list(found)
    if listed:
        yield Stories(title, note, listed)


def _cases(alerts: Iterable[Alert], facts: Mapping[str, Fact]) -> Iterator[Story]:
    cases: dict[str, dict[str, list[Alert]]] = defaultdict(lambda: defaultdict(list))
    for alert in alerts:
        cases[alert.rule_id][alert.case_id].append(alert)
    for _, of_rule in sorted(cases.items()):
        for case in sorted(of_rule.values(), key=_weight, reverse=True)[:_OF_EACH_RULE]:
            yield _of_case(sorted(case, key=lambda alert: alert.event_time), facts)


def _weight(case: list[Alert]) -> tuple[int, int, str]:
    grave = max(list(Severity).index(alert.severity) for alert in case)
    return grave, at_stake(case), case[0].case_id


def _of_case(case: list[Alert], facts: Mapping[str, Fact]) -> Story:
    events = {event.event_id: event for alert in case for event in alert.evidence}
    amounts = {alert.anchor.event_id: alert.anchor.amount for alert in case}
    amounts |= {event_id: facts[event_id].amount for event_id in events if event_id in facts}
    story = _story(case[0].rule_id, case[0].entity.values(), events.values(), amounts, case)
    unseen = max(alert.evidence_total - len(alert.evidence) for alert in case)
    return story._replace(left_out=story.left_out + unseen, total=story.total + unseen)


def _of_fraud(fraud: Fraud) -> Story:
    events = [
        EvidenceEvent(event_id=event.event_id, type=event.type, event_time=event.event_time)
        for event in fraud.events
    ]
    amounts = {event.event_id: event.amount for event in fraud.events}
    title = ", ".join(filter(None, (fraud.kind, fraud.variant))) or fraud.fraud_id
    return _story(title, [victims(fraud)], events, amounts, [])


def _story(
    title: str,
    who: Iterable[str],
    events: Iterable[EvidenceEvent],
    amounts: Mapping[str, int | None],
    alerts: Sequence[Alert],
) -> Story:
    ordered = sorted(events, key=lambda event: (event.event_time, event.event_id))
    raised = {alert.anchor.event_id: alert.severity for alert in alerts}
    moments = list(_moments(ordered, raised, amounts))
    listed = _some(moments)
    return Story(
        title=title,
        who=", ".join(who),
        began=moments[0].time,
        lasted=span(ordered[-1].event_time - ordered[0].event_time),
        alerts=[Told(alert, utc(alert.event_time), list(held(alert))) for alert in alerts],
        moments=moments,
        listed=listed,
        total=len(moments),
        left_out=len(moments) - sum(moment is not None for moment in listed),
    )


def _moments(
    events: Sequence[EvidenceEvent], raised: Mapping[str, Severity], amounts: Mapping[str, int | None]
) -> Iterator[Moment]:
    first, last = events[0].event_time, events[-1].event_time
    for event in events:
        since = event.event_time - first
        amount = amounts.get(event.event_id)
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
