"""Shares with how sure they are: what was caught of each kind of fraud, and how right each rule is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import altair

from detector.replay.quality import KindQuality, RuleQuality
from detector.replay.report.charts.chart import Chart, spec_of
from detector.replay.report.words import percent
from detector.replay.share import Share

_ROW = 26
_SURE = "The line is where the true share lies with 95 % confidence: long where there are few cases."


def recall_by_kind(kinds: Iterable[KindQuality]) -> Chart:
    """The share of each kind's frauds that have an alert."""
    spec = _drawn([(kind.kind or "unnamed", kind.recall) for kind in kinds], "frauds caught")
    return Chart(
        "recall-by-kind", "Recall by kind of fraud", f"Of all labelled frauds, those caught. {_SURE}", spec
    )


def precision_by_rule(rules: Iterable[RuleQuality]) -> Chart:
    """The share of each rule's alerts that are about a fraud."""
    spec = _drawn([(rule.rule_id, rule.precision) for rule in rules], "alerts about a fraud")
    return Chart(
        "precision-by-rule", "Precision by rule", f"Of a rule's alerts, those about a fraud. {_SURE}", spec
    )


def _drawn(shares: Sequence[tuple[str, Share]], title: str) -> dict[str, object]:
    rows = [
        {
            "name": name,
            "share": share.value,
            "low": share.interval[0],
            "high": share.interval[1],
            "told": f"{share.hits} of {share.of}: {percent(share.value)}",
        }
        for name, share in shares
        if share.interval is not None
    ]
    axis = altair.Axis(format=".0%", tickCount=5, grid=True)
    base = altair.Chart(altair.InlineData(values=rows)).encode(
        y=altair.Y("name:N", title=None, sort=None),
        tooltip=["name:N", altair.Tooltip("told:N", title=title)],
    )
    scale = altair.Scale(domain=[0, 1])
    sure = base.mark_rule(strokeWidth=4, opacity=0.35, color="var(--accent)").encode(
        x=altair.X("low:Q", title=None, scale=scale, axis=axis), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=90, opacity=1).encode(x="share:Q")
    return spec_of(sure + points, _ROW * len(rows))
