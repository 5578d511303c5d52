"""The figures at the head of the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from detector.replay.examples import at_stake
from detector.replay.quality import Quality
from detector.replay.report.data import ReportData
from detector.replay.report.words import number, percent, span
from detector.replay.share import Share
from detector.replay.summary import Summary
from detector.replay.what_if import Against


class Figure(NamedTuple):
    """A figure, what it is of, and what to know beside it."""

    name: str
    value: str
    note: str = ""


def figures(data: ReportData) -> Iterator[Figure]:
    """The figures that an analyst looks for first, as far as the run knows them."""
    answers, against = data.answers, data.answers.against
    alerts = answers.standing.values()
    yield _events(data.summary)
    yield Figure(
        "Alerts", number(len(alerts)), f"in {number(len({alert.case_id for alert in alerts}))} cases"
    )
    yield Figure("At stake", number(at_stake(alerts) // 100), "yuan, in the events that raised them")
    if answers.quality is not None:
        yield from _quality(answers.quality, against.quality if against else None)
    if answers.judged is not None:
        before = against.judged if against else None
        yield _share(
            "Confirmed", answers.judged.precision, "judged alerts were fraud", before and before.precision
        )
        yield _share("Raised again", answers.judged.recall, "confirmed alerts", before and before.recall)
    if against is not None:
        yield _against(against)


def _events(summary: Summary) -> Figure:
    first, last = summary.first_event_time, summary.last_event_time
    during = f" in {span(last - first)}" if first is not None and last is not None else ""
    return Figure("Events", number(summary.events), f"of {number(summary.users)} users{during}")


def _quality(quality: Quality, before: Quality | None) -> Iterator[Figure]:
    yield _share("Precision", quality.precision, "alerts are about a fraud", before and before.precision)
    yield _share("Recall", quality.all.recall, "frauds have an alert", before and before.all.recall)
    if quality.alerts_per_1000_users_a_day is not None:
        yield Figure("Noise", f"{quality.alerts_per_1000_users_a_day:,.1f}", "alerts per 1,000 users a day")


def _share(name: str, share: Share, of: str, before: Share | None) -> Figure:
    """With its interval, as a share of few cases says little, and what it was with the other rules."""
    note = f"{number(share.hits)} of {number(share.of)} {of}"
    if share.interval is not None:
        note += f" (95 %: {percent(share.interval[0])} to {percent(share.interval[1])})"
    if before is not None:
        note += f"; {percent(before.value)} before"
    return Figure(name, percent(share.value), note)


def _against(against: Against) -> Figure:
    found = against.comparison
    note = (
        f"alerts added and removed against {against.name}; {number(len(found.changed))} changed, "
        f"{number(found.same)} the same"
    )
    return Figure("What changes", f"+{number(len(found.added))} / -{number(len(found.removed))}", note)
