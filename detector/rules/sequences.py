"""Reading of `sequence`: its steps, what cancels them, and how they are bounded in time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from detector.core.events import Field
from detector.core.rule import Selector, Sequence, Step, Unless
from detector.rules.conditions import fields_of, read_selector, whose_fields
from detector.rules.located import Entry, Located
from detector.rules.reading import Reading

SEQUENCE_KEYS = ("steps", "within", "same")
STEP_KEYS = ("name", "event", "where", "within", "at_least", "distinct", "same", "unless", "alert")
UNLESS_KEYS = ("event", "where", "before", "same")


def read_sequence(reading: Reading, node: Located, elsewhere: Mapping[str, str]) -> Sequence | None:
    """A sequence of at least one step; `elsewhere` as in `Reading.mapping`."""
    belongs = dict.fromkeys(STEP_KEYS, "a step") | dict(elsewhere)
    entries = reading.mapping(node, SEQUENCE_KEYS, "'sequence'", ("steps",), belongs)
    nodes = reading.items(entries["steps"].node, "'steps'") if "steps" in entries else []
    whole = reading.optional_duration(entries, "within", None)
    seen: set[str] = set()
    steps = tuple(_read_step(reading, item, whole, seen) for item in nodes)
    same: list[str] = []
    if "same" in entries:
        for item in reading.one_or_more(entries["same"].node):
            same.append(_read_agreed(reading, item, steps))
    return Sequence(steps=steps, within=whole, same=tuple(dict.fromkeys(same))) if steps else None


def _read_agreed(reading: Reading, node: Located, steps: tuple[Step, ...]) -> str:
    """A field on which all steps agree, so that every step must have it."""
    found = reading.text(node, "'same'")
    for step in steps if found else ():
        fields = fields_of(step.selector.events)
        whose = whose_fields(step.selector.events)
        if fields and reading.field(node.mark, found, fields, whose) is None:
            break
    return found


def step_fields(steps: Iterable[Step]) -> dict[str, Field]:
    """The fields `step.field` of a sequence, and under their bare names those of its anchor."""
    found: dict[str, Field] = {}
    for step in steps:
        fields = fields_of(step.selector.events)
        found |= fields | {f"{step.name}.{name}": field for name, field in fields.items()}
    return found


def _read_step(reading: Reading, node: Located, whole: int | None, seen: set[str]) -> Step:
    """One step; `seen` are the names of those before it."""
    entries = reading.mapping(node, STEP_KEYS, "a step", required=("name", "event"))
    is_first = not seen
    name = reading.optional(entries, "name", lambda n: _read_name(reading, n, seen), "")
    seen.add(name)
    selector = read_selector(reading, entries)
    within = reading.optional_duration(entries, "within", None)
    at_least = reading.optional(entries, "at_least", lambda n: reading.count(n, "'at_least'"), 1)
    needs_bound = whole is None and (not is_first or at_least > 1)
    if needs_bound and within is None and "within" not in reading.misplaced:
        reading.fault(node.mark, "the step is not bounded in time: set 'within' on it or on the sequence")
    return Step(
        name=name,
        selector=selector,
        within=within,
        at_least=at_least,
        distinct=_optional_field(reading, entries, "distinct", selector),
        same=_optional_field(reading, entries, "same", selector),
        unless=reading.optional(entries, "unless", lambda n: _read_unless(reading, n, is_first), None),
        alert=reading.optional_severity(entries, "alert", None),
    )


def _read_name(reading: Reading, node: Located, seen: set[str]) -> str:
    name = reading.name(node, "a step's name")
    if name and name in seen:
        reading.fault(node.mark, f"a step named '{name}' stands before this one: give it another name")
    return name


def _read_unless(reading: Reading, node: Located, is_first: bool) -> Unless:
    if is_first:
        reading.fault(node.mark, "'unless' needs a step before it, so the first step cannot have one")
    entries = reading.mapping(node, UNLESS_KEYS, "'unless'", required=("event",))
    selector = read_selector(reading, entries)
    return Unless(
        selector=selector,
        before=reading.optional_duration(entries, "before", 0),
        same=_optional_field(reading, entries, "same", selector),
    )


def _optional_field(reading: Reading, entries: dict[str, Entry], name: str, selector: Selector) -> str | None:
    return reading.optional(entries, name, lambda n: _read_field(reading, n, selector, f"'{name}'"), None)


def _read_field(reading: Reading, node: Located, selector: Selector, what: str) -> str:
    found = reading.text(node, what)
    fields = fields_of(selector.events)
    if found:
        reading.field(node.mark, found, fields, whose_fields(selector.events))
    return found
