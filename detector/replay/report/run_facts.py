"""What was run, line by line: the times that it covers, how fast it was, and what was not counted."""

from __future__ import annotations

from collections.abc import Iterator

from detector.core.times import utc
from detector.replay.report.words import number, span
from detector.replay.summary import Interruption, Summary


def run_facts(summary: Summary) -> Iterator[tuple[str, str]]:
    """What to know of a run, each with its name."""
    if summary.first_event_time is not None and summary.last_event_time is not None:
        yield "Event times", f"{utc(summary.first_event_time)} to {utc(summary.last_event_time)} UTC"
    if summary.seconds:
        rate = round(summary.events / summary.seconds)
        yield "Took", f"{span(round(1000 * summary.seconds))}, {number(rate)} events a second"
    yield "Published", f"{number(summary.published)} times an alert was raised, raised anew or withdrawn"
    yield "Duplicates, late events", f"{number(summary.duplicates)}, {number(summary.late)}"
    if summary.refused:
        reasons = (f"{reason} {number(count)}" for reason, count in sorted(summary.refused.items()))
        yield "Refused lines", ", ".join(reasons)


def partial(stopped: Interruption) -> str:
    """What a run that was stopped covers."""
    share = f"{stopped.share:.0%}"
    if stopped.by_merchant:
        return f"Rules by user saw all events, those by merchant {share} of the merchants' events."
    return f"Rules by user saw {share} of the users' events, those by merchant none."
