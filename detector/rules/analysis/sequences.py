"""What of a sequence can never happen, can never cancel, or says nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from detector.config.values import format_duration
from detector.core.rule import Rule, Selector, Sequence, Severity, Step, Unless
from detector.rules.analysis.finding import Finding, Path
from detector.rules.analysis.possible import either
from detector.rules.analysis.selection import (
    Selection,
    field_in,
    implies,
    selection,
    selector_findings,
)
from detector.rules.faults import quoted


class _Selected(NamedTuple):
    """A step with its place in the file and what it can match; `is_sound` where that was not faulted."""

    step: Step
    path: Path
    selected: Selection
    is_sound: bool


def sequence_findings(rule: Rule, sequence: Sequence) -> tuple[list[Finding], list[Selection]]:
    """What a sequence can never do, and what each of its steps can match."""
    findings: list[Finding] = []
    keyed = dict.fromkeys(rule.by, "which the rule is keyed by")
    agreed = keyed | dict.fromkeys(sequence.same, "on which all steps agree")
    before: list[_Selected] = []
    for number, step in enumerate(sequence.steps):
        path: Path = ("sequence", "steps", number)
        needs = agreed | ({step.same: "on which the step's events agree"} if step.same else {})
        found = selector_findings(step.selector, needs, path)
        this = _Selected(step, path, _as_meant(step.selector, needs, found), _is_sound(found))
        found += _own_findings(this, agreed)
        found += _beside_earlier(this, before, agreed)
        if step.unless is not None and before:
            found += _unless_findings(this, step.unless, before[-1], keyed, sequence)
        findings += found
        before.append(this)
    findings += _silent_steps(sequence) + _equal_alerts(rule, sequence) + _bounds_findings(sequence)
    return findings, [step.selected for step in before]


def _as_meant(selector: Selector, needs: Collection[str], found: list[Finding]) -> Selection:
    """What a selector can match; where that was faulted, anything of its types: nothing follows from it."""
    return selection(selector, needs) if _is_sound(found) else selection(Selector(events=selector.events))


def _is_sound(found: list[Finding]) -> bool:
    return all(finding.is_warning for finding in found)


def _own_findings(this: _Selected, agreed: Collection[str]) -> list[Finding]:
    """What `distinct` and `same` can never do within a step."""
    step, path = this.step, this.path
    if step.distinct is None:
        if step.same is not None and step.at_least == 1:
            message = (
                "'same' compares the events of this step with each other, and one is enough here: set "
                "'at_least', or put 'same' on the sequence to tie the steps together"
            )
            return [Finding((*path, "same"), message, is_warning=True)]
        return []
    if step.at_least == 1:
        message = "'distinct' counts up to 'at_least', and that is 1 here: set at_least: 2 or more"
        return [Finding((*path, "distinct"), message, is_warning=True)]
    if step.distinct in (*agreed, step.same):
        return [Finding((*path, "distinct"), f"{_too_many(step)} all events here agree on it")]
    values = either(field_in(this.selected, step.distinct)).values.listed
    if values is not None and len(values) < step.at_least:
        return [Finding((*path, "distinct"), f"{_too_many(step)} it has {len(values)} at most")]
    return []


def _too_many(step: Step) -> str:
    return f"'distinct' can never find {step.at_least} values of '{step.distinct}':"


def _beside_earlier(this: _Selected, before: list[_Selected], agreed: Mapping[str, str]) -> list[Finding]:
    """A step whose events can never agree with those of an earlier one."""
    for name, reason in agreed.items():
        possible = either(field_in(this.selected, name))
        for earlier in before:
            both_sound = this.is_sound and earlier.is_sound
            if both_sound and not possible.meets(either(field_in(earlier.selected, name))):
                message = (
                    f"'{name}', {reason}, can never be the same as in the step '{earlier.step.name}': "
                    "no event can complete this step"
                )
                return [Finding((*this.path, "where", name), message)]
    return []


def _unless_findings(
    this: _Selected, unless: Unless, before: _Selected, keyed: Mapping[str, str], sequence: Sequence
) -> list[Finding]:
    """An `unless` that can never cancel, or that always does."""
    path: Path = (*this.path, "unless")
    needs = dict(keyed) | (
        {unless.same: "on which it is to agree with the step before"} if unless.same else {}
    )
    findings = selector_findings(unless.selector, needs, path)
    if not _is_sound(findings):
        return findings
    cancelling = selection(unless.selector, needs)
    for name in keyed if before.is_sound else ():
        if not either(field_in(cancelling, name)).meets(either(field_in(before.selected, name))):
            message = (
                f"this never cancels: '{name}' can never be the same as in the step '{before.step.name}'"
            )
            return [*findings, Finding((*path, "where", name), message)]
    bounds = [bound for bound in (this.step.within, sequence.within) if bound is not None]
    if bounds and unless.before > min(bounds):
        message = (
            f"this never cancels: 'before' is {format_duration(unless.before)}, but the step is completed "
            f"{format_duration(min(bounds))} after the one before it at the latest"
        )
        findings.append(Finding((*path, "before"), message))
    if unless.same is not None and before.is_sound and _is_sound(findings):
        findings += _never_agrees(unless.same, cancelling, before, path)
    if this.is_sound and _is_sound(findings) and _cancels_itself(this, unless, cancelling):
        message = (
            f"the step needs {this.step.at_least} events, and the first of them would cancel it: "
            "narrow 'unless' by 'where', 'before' or 'same'"
        )
        findings.append(Finding(path, message))
    return findings


def _never_agrees(name: str, cancelling: Selection, before: _Selected, path: Path) -> list[Finding]:
    earlier = either(field_in(before.selected, name))
    if either(field_in(cancelling, name)).meets(earlier):
        return []
    what = "never has it" if earlier.values.is_empty else "never has the same"
    message = f"this never cancels: it must agree on '{name}', and the step '{before.step.name}' {what}"
    return [Finding((*path, "same"), message)]


def _cancels_itself(this: _Selected, unless: Unless, cancelling: Selection) -> bool:
    """Whether every event of the step is one that cancels it, and it needs more than the completing one."""
    if this.step.at_least == 1 or unless.before or unless.same is not None:
        return False
    given = this.step.selector.where
    return all(
        event_type in cancelling and implies(fields, given, unless.selector.where)
        for event_type, fields in this.selected.items()
    )


def _silent_steps(sequence: Sequence) -> list[Finding]:
    """The first step after the last one that raises an alert: nothing depends on it."""
    alerting = [number for number, step in enumerate(sequence.steps) if step.alert is not None]
    if not alerting or alerting[-1] == len(sequence.steps) - 1:
        return []
    number = alerting[-1] + 1
    name = sequence.steps[number].name
    message = f"the step {quoted(name)} changes nothing: give it or one after it 'alert', or leave it out"
    return [Finding(("sequence", "steps", number), message)]


def _equal_alerts(rule: Rule, sequence: Sequence) -> list[Finding]:
    """Steps of one severity: a period has one alert of a severity, so the later step is not told."""
    first: dict[Severity, str] = {}
    findings = []
    for number, step in enumerate(sequence.steps):
        if step.alert is None or not rule.cooldown:
            continue
        earlier = first.setdefault(step.alert, step.name)
        if earlier != step.name:
            message = (
                f"the step {quoted(earlier)} alerts as {step.alert} already, and a cooldown has one alert of "
                "a severity: give this step another"
            )
            findings.append(Finding(("sequence", "steps", number, "alert"), message, is_warning=True))
    return findings


def _bounds_findings(sequence: Sequence) -> list[Finding]:
    """Bounds in time that leave no time, or that can never be reached because others are tighter."""
    findings = [
        Finding(
            ("sequence", "steps", number, "within"),
            "0s leaves no time: only an event of the very millisecond completes the step",
            is_warning=True,
        )
        for number, step in enumerate(sequence.steps)
        if step.within == 0
    ]
    whole = sequence.within
    if whole is None:
        return findings
    findings += [
        Finding(
            ("sequence", "steps", number, "within"),
            f"the step's {format_duration(step.within)} can never be used up: the whole sequence has "
            f"{format_duration(whole)}; shorten the one or lengthen the other",
            is_warning=True,
        )
        for number, step in enumerate(sequence.steps)
        if step.within is not None and step.within > whole
    ]
    bounds = [0 if _is_instant(number, step) else step.within for number, step in enumerate(sequence.steps)]
    added = sum(bound for bound in bounds if bound is not None)
    if None not in bounds and added < whole:
        message = (
            f"the sequence's {format_duration(whole)} can never be used up: its steps have "
            f"{format_duration(added)} in all; leave out the one or the others"
        )
        findings.append(Finding(("sequence", "within"), message, is_warning=True))
    return findings


def _is_instant(number: int, step: Step) -> bool:
    """Whether a step takes no time of its own: the first, of a single event."""
    return number == 0 and step.at_least == 1 and step.distinct is None
