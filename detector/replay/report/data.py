"""What a report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from detector.core.alert import Alert
from detector.core.rule import Rule
from detector.replay.backtest import Summary
from detector.replay.comparison import Comparison
from detector.replay.fact import Fact
from detector.replay.judged import Judged
from detector.replay.quality import Quality
from detector.replay.sweep import Sweep


class Against(NamedTuple):
    """What the run was compared with: other rules, as the user calls them, and their standing alerts."""

    name: str
    standing: Mapping[str, Alert]
    comparison: Comparison


class ReportData(NamedTuple):
    """A backtest and what was found out about it.

    Args:
        sources: where the events came from, as the user named it.
        made_at: when the report was made, in ms since 1970.
        summary: what the run came to.
        rules: the rules in force, those that raised nothing among them.
        standing: the alerts that stand in the end, by alert_id.
        against: what differs from other rules over the same events.
        quality: what labels say of the alerts.
        judged: what analysts' dispositions say of them.
        sweeps: what other values of a rule's parameters would have raised.
        around: sweeps around the thresholds in force, that nobody asked for by name.
        facts: what is known of events by event_id, beyond what alerts say of them.
    """

    sources: Sequence[str]
    made_at: int
    summary: Summary
    rules: Sequence[Rule]
    standing: Mapping[str, Alert]
    against: Against | None = None
    quality: Quality | None = None
    judged: Judged | None = None
    sweeps: Sequence[Sweep] = ()
    around: Sequence[Sweep] = ()
    facts: Mapping[str, Fact] = {}
