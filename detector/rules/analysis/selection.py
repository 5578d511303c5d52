"""Which events a selector can match at all, and what their fields can be."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from detector.core.events import FIELDS
from detector.core.rule import Comparison, Operator, Selector
from detector.rules.analysis.finding import Finding, Path
from detector.rules.analysis.possible import Possible, possible_field
from detector.rules.analysis.words import contradiction, either_of, written
from detector.rules.conditions import whose_fields

Where = Mapping[str, tuple[Comparison, ...]]
Fields = dict[str, Possible]
Selection = dict[str, Fields]
"""For each event type that can be selected, what each of the fields of its events can be."""

_PRESENT = Comparison(operator=Operator.EXISTS, value=True)


def selection(selector: Selector, needs: Collection[str] = ()) -> Selection:
    """What a selector can match; `needs` are the fields that an event must carry to count at all."""
    found = {}
    for event_type in selector.events:
        fields = narrowed(fields_of_type(event_type, needs), selector.where, event_type)
        if fields is not None:
            found[event_type] = fields
    return found


def fields_of_type(event_type: str, needs: Collection[str] = ()) -> Fields:
    """What the fields of an event of that type can be, those that it needs being there."""
    return {
        name: possible_field(event_type, name).kept_by([_PRESENT] if name in needs else [])
        for name in (*FIELDS[event_type], *needs)
    }


def narrowed(fields: Fields, where: Mapping[str, tuple[Comparison, ...]], event_type: str) -> Fields | None:
    """What is left of the fields where all conditions hold; None where they cannot."""
    found = dict(fields)
    for name, comparisons in where.items():
        found[name] = found.get(name, possible_field(event_type, name)).kept_by(comparisons)
    return None if any(possible.is_empty for possible in found.values()) else found


def implies(fields: Fields, given: Where, where: Where) -> bool:
    """Whether the conditions `where` hold of all events with these fields, which those `given` hold of."""
    return all(
        comparison in given.get(name, ()) or (name in fields and fields[name].always(comparison))
        for name, comparisons in where.items()
        for comparison in comparisons
    )


def field_in(selected: Selection, name: str) -> list[Possible]:
    """What a field can be in each event type of a selection."""
    return [fields.get(name, possible_field(event_type, name)) for event_type, fields in selected.items()]


def selector_findings(selector: Selector, needs: Mapping[str, str], path: Path) -> list[Finding]:
    """What a selector can never match; `needs` says of each field that must be there why."""
    findings = [
        finding for name, reason in needs.items() for finding in _lacking(selector, name, reason, path)
    ]
    left = Selector(events=tuple(t for t in selector.events if not _lacks(t, needs)), where=selector.where)
    for name, comparisons in selector.where.items():
        findings += _field_findings(left, name, comparisons, needs, (*path, "where", name))
    return findings


def _lacks(event_type: str, needs: Collection[str]) -> bool:
    return any(name not in FIELDS[event_type] for name in needs)


def _lacking(selector: Selector, name: str, reason: str, path: Path) -> list[Finding]:
    lacking = [event_type for event_type in selector.events if name not in FIELDS[event_type]]
    if not lacking:
        return []
    number = selector.events.index(lacking[0])
    message = f"{whose_fields(lacking)} have no '{name}', {reason}, so none of them ever counts"
    return [Finding((*path, "event", number), message)]


def _field_findings(
    selector: Selector, name: str, comparisons: tuple[Comparison, ...], needs: Mapping[str, str], path: Path
) -> list[Finding]:
    impossible = {
        event_type: at
        for event_type in selector.events
        if (at := first_impossible(_possible(event_type, name, needs), comparisons)) is not None
    }
    if impossible:
        at = next(iter(impossible.values()))
        reason = _reason(list(impossible), name, comparisons, at, needs)
        rest = [t for t in selector.events if t not in impossible]
        advice = (
            f": leave {either_of(list(impossible))} out of 'event'" if rest else ", so nothing is selected"
        )
        return [Finding((*path, comparisons[at].operator), reason + advice)]
    return [
        Finding((*path, item.operator), f"'{name}' is always {written(item)}: leave that out", True)
        for item in comparisons
        if selector.events and all(_possible(t, name, needs).always(item) for t in selector.events)
    ]


def _possible(event_type: str, name: str, needs: Collection[str]) -> Possible:
    return fields_of_type(event_type, needs).get(name, possible_field(event_type, name))


def _reason(
    event_types: list[str], name: str, comparisons: tuple[Comparison, ...], at: int, needs: Mapping[str, str]
) -> str:
    possible = _possible(event_types[0], name, needs)
    if name not in FIELDS[event_types[0]]:
        return f"{whose_fields(event_types)} have no '{name}', so none of them matches"
    if comparisons[at].operator is Operator.EXISTS and not comparisons[at].value and at == 0:
        why = f", {needs[name]}" if name in needs else ""
        return f"{whose_fields(event_types)} always have '{name}'{why}"
    return contradiction(name, possible, comparisons, at, False)


def first_impossible(possible: Possible, comparisons: tuple[Comparison, ...]) -> int | None:
    """The place of the first comparison that leaves nothing; None where something is left."""
    for number in range(len(comparisons)):
        if possible.kept_by(comparisons[: number + 1]).is_empty:
            return number
    return None
