"""What of a window can never be selected, can never hold, or says nothing."""

from __future__ import annotations

from typing import NamedTuple

from detector.core.measures import ONLY
from detector.core.rule import Condition, Measure, MeasureKind, Ratio, Rule, Selector, When, Window
from detector.rules.analysis.finding import Finding, Path
from detector.rules.analysis.measured import Measures, Watched, matches_as_well
from detector.rules.analysis.possible import bounds_of
from detector.rules.analysis.selection import Selection, first_impossible, selection, selector_findings
from detector.rules.analysis.words import comparisons_of, contradiction
from detector.rules.faults import quoted

_ALL_OF_IT = 100


def window_findings(rule: Rule, window: Window) -> tuple[list[Finding], dict[str, Selection]]:
    """What a window and all conditions on its measures can never do, and what its selectors can match."""
    needs = dict.fromkeys(rule.by, "which the rule is keyed by")
    findings: list[Finding] = []
    sound: dict[str, Selection] = {}
    for name, watch in window.watches.items():
        path: Path = ("window",) if name == ONLY else ("window", "select", name)
        found = selector_findings(watch.selector, needs, path)
        findings += found
        is_sound = all(finding.is_warning for finding in found)
        # What was found is said; what follows from it need not be.
        as_meant = watch.selector if is_sound else Selector(events=watch.selector.events)
        sound[name] = selection(as_meant, needs if is_sound else ())
    knowledge = _Knowledge.of(rule, window, sound)
    findings += _when_findings(window.when, knowledge, ("when",))
    for number, override in enumerate(rule.overrides):
        if override.when is not None:
            findings += _when_findings(override.when, knowledge, ("overrides", number, "when"))
    return findings, sound


class _Knowledge(NamedTuple):
    """What is known of the measures, and what is known without the event that is looked at among them."""

    measures: Measures
    of_any_events: Measures

    @classmethod
    def of(cls, rule: Rule, window: Window, selected: dict[str, Selection]) -> _Knowledge:
        watched = {
            name: Watched(watch, selected[name], not watch.before and _has_trigger(name, window, selected))
            for name, watch in window.watches.items()
        }
        without = {name: found._replace(has_trigger=False) for name, found in watched.items()}
        return cls(Measures(watched, rule.by), Measures(without, rule.by))


def _has_trigger(name: str, window: Window, selected: dict[str, Selection]) -> bool:
    """Whether any event that is looked at, whichever selector matches it, this one matches as well."""
    this = window.watches[name]
    return all(
        matches_as_well(other, selected[other_name], this, selected[name])
        for other_name, other in window.watches.items()
    )


def _when_findings(when: When, knowledge: _Knowledge, path: Path) -> list[Finding]:
    findings: list[Finding] = []
    for number, group in enumerate(when):
        at = (*path, number)
        found = [finding for condition in group for finding in _condition_findings(condition, knowledge, at)]
        if not found:
            found = _contradictions(group, knowledge, at) or _repetition(when[:number], group, knowledge, at)
        findings += found
    return findings


def _condition_findings(condition: Condition, knowledge: _Knowledge, path: Path) -> list[Finding]:
    possible = knowledge.measures.possible(condition.measure)
    number = first_impossible(possible, condition.comparisons)
    is_duration = _is_duration(condition)
    if number is not None:
        culprit = condition.comparisons[number]
        message = contradiction(condition.name, possible, condition.comparisons, number, is_duration)
        message += _why(condition, number, knowledge)
        return [Finding((*path, condition.name, culprit.operator), message)]
    of_any_events = knowledge.of_any_events.possible(condition.measure)
    return [
        Finding(
            (*path, condition.name, item.operator),
            f"{quoted(condition.name)} is always {comparisons_of([item], is_duration)}: leave that out",
            is_warning=True,
        )
        for item in condition.comparisons
        if of_any_events.always(item)
    ]


def _why(condition: Condition, number: int, knowledge: _Knowledge) -> str:
    compared = condition.comparisons[: number + 1]
    if not knowledge.of_any_events.possible(condition.measure).kept_by(compared).is_empty:
        return ", because the event that is looked at counts itself"
    value = compared[-1].value
    if isinstance(condition.measure, Ratio) and isinstance(value, (int, float)) and value > 1:
        _, most = bounds_of(knowledge.measures.possible(condition.measure).values)
        return f"; {value:g} percent is written {value / _ALL_OF_IT:g}" if most == 1 else ""
    return ""


def _contradictions(group: tuple[Condition, ...], knowledge: _Knowledge, path: Path) -> list[Finding]:
    """The first condition that cannot hold beside those before it."""
    for number, condition in enumerate(group):
        if knowledge.measures.can_hold(group[: number + 1]):
            continue
        others = [other for other in group[:number] if not knowledge.measures.can_hold((other, condition))]
        said = comparisons_of(condition.comparisons, _is_duration(condition))
        beside = "beside the conditions before it"
        if others:
            other = others[0]
            is_so = comparisons_of(other.comparisons, _is_duration(other))
            beside = f"where {quoted(other.name)} is {is_so}"
        message = f"{quoted(condition.name)} can never be {said} {beside}"
        return [Finding((*path, condition.name, condition.comparisons[0].operator), message)]
    return []


def _repetition(
    earlier: When, group: tuple[Condition, ...], knowledge: _Knowledge, path: Path
) -> list[Finding]:
    """A warning where an alternative holds only where one before it does."""
    for other in earlier:
        # That an alternative holds always is said of itself.
        tells = any(not _is_implied(condition, (), knowledge) for condition in other)
        if tells and all(_is_implied(condition, group, knowledge) for condition in other):
            names = " and ".join(
                f"{quoted(c.name)} is {comparisons_of(c.comparisons, _is_duration(c))}" for c in other
            )
            message = f"this alternative adds nothing: an earlier one holds already where {names}"
            return [Finding(path, message, is_warning=True)]
    return []


def _is_implied(condition: Condition, group: tuple[Condition, ...], knowledge: _Knowledge) -> bool:
    possible = knowledge.measures.possible(condition.measure)
    for given in group:
        if given.measure == condition.measure:
            possible = possible.kept_by(given.comparisons)
    return all(possible.always(item) for item in condition.comparisons)


def _is_duration(condition: Condition) -> bool:
    return isinstance(condition.measure, Measure) and condition.measure.kind is MeasureKind.SPAN
