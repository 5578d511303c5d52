"""Rules that need more history than is kept: of more time, or of more events."""

from __future__ import annotations

from collections.abc import Iterator

from detector.config import StateSettings
from detector.config.values import format_duration
from detector.core.measures import ONLY
from detector.core.rule import MeasureKind, Mode, Ratio, Rule, Sequence, When
from detector.rules.analysis.finding import Finding, Path
from detector.rules.faults import quoted

_COUNTING = (MeasureKind.COUNT, MeasureKind.DISTINCT)


def limit_findings(rule: Rule, state: StateSettings) -> list[Finding]:
    """What a rule needs beyond the settings; a rule that is off needs nothing."""
    if rule.mode is Mode.OFF:
        return []
    findings = list(_too_long(rule, state.longest_history))
    if rule.cooldown > state.longest_history:
        message = (
            f"every alert is remembered for its cooldown, here {format_duration(rule.cooldown)}, longer than "
            f"any event is kept (state.longest_history: {format_duration(state.longest_history)})"
        )
        findings.append(Finding(("cooldown",), message, is_warning=True))
    if isinstance(rule.body, Sequence):
        return findings + list(_too_many_events(rule.body, state.history_cap))
    findings += _approximate(rule.body.when, ("when",), state.history_cap)
    for number, override in enumerate(rule.overrides):
        findings += _approximate(override.when or (), ("overrides", number, "when"), state.history_cap)
    return findings


def _too_long(rule: Rule, longest: int) -> Iterator[Finding]:
    if rule.span <= longest:
        return
    message = (
        f"the rule looks back {format_duration(rule.span)}, and {format_duration(longest)} are kept at most: "
        "shorten it, or raise state.longest_history"
    )
    yield Finding(_longest_part(rule), message)


def _longest_part(rule: Rule) -> Path:
    if isinstance(rule.body, Sequence):
        return ("sequence", "steps") if rule.body.within is None else ("sequence", "within")
    watches = rule.body.watches
    name = max(watches, key=lambda name: watches[name].within)
    return ("window", "within") if name == ONLY else ("window", "select", name, "within")


def _too_many_events(sequence: Sequence, cap: int) -> Iterator[Finding]:
    needed = 0
    for number, step in enumerate(sequence.steps):
        needed += step.at_least
        if needed > cap:
            message = (
                f"up to here the sequence needs {needed} events, and {cap} are kept of a key at most: "
                "lower 'at_least', or raise state.history_cap"
            )
            yield Finding(("sequence", "steps", number, "at_least"), message)
            return


def _approximate(when: When, path: Path, cap: int) -> Iterator[Finding]:
    for number, group in enumerate(when):
        for condition in group:
            measure = condition.measure
            if isinstance(measure, Ratio) or measure.kind not in _COUNTING:
                continue
            for item in condition.comparisons:
                values = item.value if isinstance(item.value, tuple) else (item.value,)
                if any(isinstance(value, (int, float)) and value > cap for value in values):
                    message = (
                        f"{quoted(condition.name)} is approximate beyond {cap} events of a key "
                        "(state.history_cap), so it may not be met to the event"
                    )
                    at = (*path, number, condition.name, item.operator)
                    yield Finding(at, message, is_warning=True)
