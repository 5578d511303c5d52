"""The figures at the head of the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from detector.replay.report.data import ReportData
from detector.replay.report.stake import at_stake
from detector.replay.report.words import number, percent, yuan
from detector.replay.share import Share


class Figure(NamedTuple):
    """A figure, what it is of, and what to know beside it."""

    name: str
    value: str
    note: str = ""


def figures(data: ReportData) -> Iterator[Figure]:
    """The figures that an analyst looks for first, as far as the run knows them."""
    alerts = data.standing.values()
    cases = len({alert.case_id for alert in alerts})
    yield Figure("Alerts", number(len(alerts)), f"in {number(cases)} cases")
    yield Figure("At stake", yuan(at_stake(alerts)), "yuan, of the events that raised them")
    if data.quality is not None:
        quality = data.quality
        yield _share("Precision", quality.precision, "alerts are about a fraud")
        yield _share("Recall", quality.all.recall, "frauds have an alert")
        if quality.alerts_per_1000_users_a_day is not None:
            yield Figure("Alerts per 1,000 users a day", f"{quality.alerts_per_1000_users_a_day:,.1f}")
    if data.judged is not None:
        yield _share("Confirmed", data.judged.precision, "alerts that analysts judged were fraud")
        yield _share("Raised again", data.judged.recall, "confirmed alerts are raised again")
    if data.against is not None:
        found = data.against.comparison
        yield Figure(
            f"Against {data.against.name}",
            f"+{number(len(found.added))} / -{number(len(found.removed))}",
            f"alerts added and removed; {number(len(found.changed))} changed, {number(found.same)} the same",
        )


def _share(name: str, share: Share, of: str) -> Figure:
    """With its interval, as a share of few cases says little."""
    where = share.interval
    sure = "" if where is None else f"; 95 % sure: {percent(where[0])} to {percent(where[1])}"
    return Figure(name, percent(share.value), f"{number(share.hits)} of {number(share.of)} {of}{sure}")
