"""A rule as a whole: everything in it that can never do anything."""

from __future__ import annotations

from detector.core.rule import Rule, Sequence, Window
from detector.rules.analysis.finding import Finding
from detector.rules.analysis.overrides import Anchor, events_of, override_findings
from detector.rules.analysis.selection import Selection
from detector.rules.analysis.sequences import sequence_findings
from detector.rules.analysis.windows import window_findings


def findings_of(rule: Rule) -> list[Finding]:
    """What of a rule can never happen, never matches, or says nothing."""
    if isinstance(rule.body, Window):
        findings, selected = window_findings(rule, rule.body)
        return findings + override_findings(rule.overrides, [_trigger(rule.body, selected)])
    findings, by_step = sequence_findings(rule, rule.body)
    return findings + override_findings(rule.overrides, _completions(rule.body, by_step))


def _trigger(window: Window, selected: dict[str, Selection]) -> Anchor:
    events = [
        event
        for name, watch in window.watches.items()
        for event in events_of(selected[name], watch.selector.where)
    ]
    return Anchor({"": events}, last="")


def _completions(sequence: Sequence, selected: list[Selection]) -> list[Anchor]:
    """One for each step that raises an alert: the last, where none says so."""
    steps = sequence.steps
    alerting = [number for number, step in enumerate(steps) if step.alert is not None] or [len(steps) - 1]
    return [
        Anchor(
            {
                step.name: events_of(found, step.selector.where)
                for step, found in zip(steps[: number + 1], selected, strict=False)
            },
            last=steps[number].name,
        )
        for number in alerting
    ]
