"""Overrides that can never match, or that an earlier one always forestalls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from detector.core.predicates import compares
from detector.core.rule import Comparison, Override
from detector.rules.analysis.finding import Finding, Path
from detector.rules.analysis.possible import either
from detector.rules.analysis.selection import Fields, Selection, Where, field_in, implies, narrowed
from detector.rules.analysis.words import comparisons_of, range_of
from detector.rules.faults import quoted


class Event(NamedTuple):
    """An event that an override can name: its type, its fields, and the conditions that it was held to."""

    event_type: str
    fields: Fields
    given: Where


class Anchor(NamedTuple):
    """One way for a rule to hold: the events that an override can name by step, '' being a window's trigger.

    `last` is the step whose event is the anchor; a step that is not among the events is not reached then.
    """

    events: Mapping[str, Sequence[Event]]
    last: str


def events_of(selected: Selection, given: Where) -> list[Event]:
    """The events that a selector can match."""
    return [Event(event_type, fields, given) for event_type, fields in selected.items()]


def override_findings(overrides: Sequence[Override], anchors: Sequence[Anchor]) -> list[Finding]:
    """What the overrides of a rule can never do."""
    findings = []
    for number, override in enumerate(overrides):
        path: Path = ("overrides", number)
        if _names_unreached(override, anchors):
            continue  # No alert comes as late as that step: the sequence's own findings say so.
        if (reason := _why_never(override, anchors)) is not None:
            findings.append(Finding((*path, "where", *reason.field), f"this never matches: {reason.message}"))
        elif (earlier := _forestalled_by(number, overrides, anchors)) is not None:
            message = (
                f"this never matches: override {earlier + 1} matches wherever this one does; "
                "put the narrower one first"
            )
            findings.append(Finding((*path, "where"), message))
        elif not _replaces(override):
            if number == len(overrides) - 1:
                message = "this replaces nothing: give it 'when', 'severity', 'action' or 'explanation'"
                findings.append(Finding(path, message))
        elif number == len(overrides) - 1 and _matches_all(override, anchors):
            message = "this matches whatever the rule looks at: write what it says into the rule itself"
            findings.append(Finding((*path, "where"), message, is_warning=True))
    return findings


def _replaces(override: Override) -> bool:
    return any((override.when, override.severity, override.action, override.explanation))


def _matches_all(override: Override, anchors: Sequence[Anchor]) -> bool:
    return all(_is_implied(override, anchor, Override(where={})) for anchor in anchors)


def _names_unreached(override: Override, anchors: Sequence[Anchor]) -> bool:
    return not all(
        any(_step_of(name, anchor) in anchor.events for anchor in anchors) for name in override.where
    )


class _Reason(NamedTuple):
    field: tuple[str, ...]
    message: str


def _why_never(override: Override, anchors: Sequence[Anchor]) -> _Reason | None:
    if any(_is_possible(override.where, anchor) for anchor in anchors):
        return None
    for name, comparisons in override.where.items():
        if not any(_is_possible({name: comparisons}, anchor) for anchor in anchors):
            return _Reason((name,), _why_not(name, comparisons, anchors))
    return _Reason((), "its conditions cannot hold together")


def _why_not(name: str, comparisons: tuple[Comparison, ...], anchors: Sequence[Anchor]) -> str:
    possible = either(
        found
        for anchor in anchors
        for event in anchor.events.get(_step_of(name, anchor), ())
        for found in field_in({event.event_type: event.fields}, name.rpartition(".")[2])
    )
    return f"{quoted(name)} is never {comparisons_of(comparisons)}, {range_of(possible.values)}"


def _forestalled_by(number: int, overrides: Sequence[Override], anchors: Sequence[Anchor]) -> int | None:
    override = overrides[number]
    reached = [anchor for anchor in anchors if _is_possible(override.where, anchor)]
    for earlier in range(number):
        if all(_is_implied(overrides[earlier], anchor, override) for anchor in reached):
            return earlier
    return None


def _by_step(where: Where, anchor: Anchor) -> dict[str, dict[str, tuple[Comparison, ...]]]:
    """The conditions on the event of each step, by the names of its fields."""
    found: dict[str, dict[str, tuple[Comparison, ...]]] = {}
    for name, comparisons in where.items():
        of_step = found.setdefault(_step_of(name, anchor), {})
        field = name.rpartition(".")[2]
        of_step[field] = (*of_step.get(field, ()), *comparisons)
    return found


def _step_of(name: str, anchor: Anchor) -> str:
    step, dot, _ = name.rpartition(".")
    return step if dot else anchor.last


def _is_possible(where: Where, anchor: Anchor) -> bool:
    return all(_possible_events(anchor, step, of_step) for step, of_step in _by_step(where, anchor).items())


def _possible_events(anchor: Anchor, step: str, where: Where) -> list[Event]:
    """The events of a step that meet the conditions; one without fields for a step that is not reached."""
    if step not in anchor.events:
        return [_NOT_REACHED] if _holds_of_nothing(where) else []
    found = []
    for event in anchor.events[step]:
        fields = narrowed(event.fields, where, event.event_type)
        if fields is not None:
            given = {**event.given, **{n: (*event.given.get(n, ()), *c) for n, c in where.items()}}
            found.append(Event(event.event_type, fields, given))
    return found


_NOT_REACHED = Event("", {}, {})


def _holds_of_nothing(where: Where) -> bool:
    return all(compares(None, comparison) for comparisons in where.values() for comparison in comparisons)


def _is_implied(earlier: Override, anchor: Anchor, later: Override) -> bool:
    """Whether the earlier override matches whatever the later one does."""
    later_by_step = _by_step(later.where, anchor)
    for step, where in _by_step(earlier.where, anchor).items():
        if step not in anchor.events:
            if not _holds_of_nothing(where):
                return False
            continue
        events = _possible_events(anchor, step, later_by_step.get(step, {}))
        if not all(implies(event.fields, event.given, where) for event in events):
            return False
    return True
