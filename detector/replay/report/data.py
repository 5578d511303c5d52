"""What a report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from detector.core.rule import Rule
from detector.replay.fact import Fact
from detector.replay.summary import Summary
from detector.replay.what_if import Answers


class ReportData(NamedTuple):
    """A backtest and what was found out about it.

    Args:
        sources: where the events came from, as the user named it.
        made_at: when the report was made, in ms since 1970.
        summary: what the run came to.
        rules: the rules in force, those that raised nothing among them.
        answers: the alerts that stand in the end, and what else was asked.
        facts: what is known of events by event_id, beyond what alerts say of them.
    """

    sources: Sequence[str]
    made_at: int
    summary: Summary
    rules: Sequence[Rule]
    answers: Answers
    facts: Mapping[str, Fact] = {}
