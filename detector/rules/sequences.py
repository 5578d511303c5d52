"""Reading of `sequence`: its steps, what cancels them, and how they are bounded in time."""

from __future__ import annotations

from collections.abc import Iterable

from detector.core.events import Field
from detector.core.rule import Selector, Sequence, Step, Unless
from detector.rules.conditions import fields_of, read_selector
from detector.rules.faults import nearest
from detector.rules.located import Entry, Located
from detector.rules.reading import Reading

_STEP_KEYS = ("name", "within", "at_least", "distinct", "same", "unless", "alert")


def read_sequence(reading: Reading, node: Located) -> Sequence | None:
    """A sequence of at least one step."""
    entries = reading.mapping(node, ("steps", "within", "same"), "'sequence'", required=("steps",))
    nodes = reading.items(entries["steps"].node, "'steps'") if "steps" in entries else []
    whole = reading.optional_duration(entries, "within", None)
    steps = tuple(_read_step(reading, item, number, whole) for number, item in enumerate(nodes))
    _check_names(reading, steps, nodes)
    same: list[str] = []
    if "same" in entries:
        for item in reading.one_or_more(entries["same"].node):
            same += [_read_field(reading, item, step.selector, "'same'") for step in steps]
    return Sequence(steps=steps, within=whole, same=tuple(dict.fromkeys(same))) if steps else None


def step_fields(steps: Iterable[Step]) -> dict[str, Field]:
    """The fields `step.field` of a sequence, and under their bare names those of its anchor."""
    found: dict[str, Field] = {}
    for step in steps:
        fields = fields_of(step.selector.events)
        found |= fields | {f"{step.name}.{name}": field for name, field in fields.items()}
    return found


def _check_names(reading: Reading, steps: tuple[Step, ...], nodes: list[Located]) -> None:
    seen: set[str] = set()
    for step, node in zip(steps, nodes, strict=True):
        if step.name in seen:
            reading.fault(node.mark, f"a step named '{step.name}' stands before this one")
        seen.add(step.name)


def _read_step(reading: Reading, node: Located, number: int, whole: int | None) -> Step:
    selector = read_selector(reading, node, _STEP_KEYS, "a step")
    entries = node.value if isinstance(node.value, dict) else {}
    if "name" not in entries:
        reading.fault(node.mark, "a step needs 'name'")
    within = reading.optional_duration(entries, "within", None)
    at_least = reading.optional(entries, "at_least", lambda n: reading.count(n, "'at_least'"), 1)
    if whole is None and within is None and (number > 0 or at_least > 1):
        reading.fault(node.mark, "the step is not bounded in time: set 'within' on it or on the sequence")
    return Step(
        name=reading.optional_text(entries, "name", ""),
        selector=selector,
        within=within,
        at_least=at_least,
        distinct=_optional_field(reading, entries, "distinct", selector),
        same=_optional_field(reading, entries, "same", selector),
        unless=reading.optional(entries, "unless", lambda n: _read_unless(reading, n, number), None),
        alert=reading.optional_severity(entries, "alert", None),
    )


def _read_unless(reading: Reading, node: Located, number: int) -> Unless:
    if number == 0:
        reading.fault(node.mark, "'unless' needs a step before it")
    selector = read_selector(reading, node, ("before", "same"), "'unless'")
    entries = node.value if isinstance(node.value, dict) else {}
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
    if found and fields and found not in fields:
        whose = " or ".join(selector.events)
        reading.fault(node.mark, f"{whose} events have no field '{found}'; {nearest(found, fields)}")
    return found
