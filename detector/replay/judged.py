"""How good the alerts are, held against what analysts said of earlier ones."""

from __future__ import annotations

from typing import NamedTuple

from detector.replay.share import Share


class JudgedRule(NamedTuple):
    """One rule; `alerts` stand, `precision` is over those of them that were judged."""

    rule_id: str
    alerts: int
    precision: Share


class Judged(NamedTuple):
    """What dispositions say of a run.

    Args:
        alerts: how many stand.
        precision: of those that were judged, those confirmed.
        recall: of the alerts that were confirmed, those that this run raises again. What no rule ever
            alerted on nobody has judged: this says nothing of it.
        unclear: how many were looked at without a finding.
        unjudged: how many nobody has looked at.
        rules: by id.
    """

    alerts: int
    precision: Share
    recall: Share
    unclear: int
    unjudged: int
    rules: list[JudgedRule]
