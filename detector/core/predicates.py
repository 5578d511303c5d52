"""Conditions compiled to plain Python: a rule's `where` and `when` become functions without lookups.

Only names of known fields and of constants enter the generated source; what a rule's author wrote
stands in the namespace beside it, so no text of a rule is ever executed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from detector.core.events import FIELDS, Event
from detector.core.lists import NO_LISTS, Lists
from detector.core.rule import OF_LISTS, Comparison, Operator, Selector

Where = Mapping[str, tuple[Comparison, ...]]
Predicate = Callable[[Event], bool]

_SYMBOLS = {
    Operator.GT: ">",
    Operator.GTE: ">=",
    Operator.LT: "<",
    Operator.LTE: "<=",
    Operator.NE: "!=",
    Operator.NOT_IN_LIST: "not in",
}
_FUNCTIONS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
    Operator.IN: lambda value, members: value in members,
    Operator.IN_LIST: lambda value, members: value in members,
    Operator.NOT_IN_LIST: lambda value, members: value not in members,
}


class Constants:
    """The values that generated source refers to by name."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._names: dict[tuple[type, Any], str] = {}

    def name(self, value: Any) -> str:
        """The name of a value; the same for the same, so that sources that say the same read the same."""
        name = self._names.setdefault((type(value), value), f"c{len(self._names)}")
        self.values[name] = value
        return name


def compile_function(source: str, constants: Constants) -> Any:
    """The function `compiled` that the source defines, over these constants."""
    namespace = dict(constants.values)
    exec(compile(source, "<rule>", "exec"), namespace)
    # Left in there it would refer to itself, and keep the lists of a replaced engine in memory.
    return namespace.pop("compiled")


def comparison_source(
    operand: str, can_be_absent: bool, comparison: Comparison, constants: Constants, lists: Lists = NO_LISTS
) -> str:
    """Source that is true where the operand compares as told; an absent one fails all but exists."""
    match comparison.operator:
        case Operator.EXISTS:
            if not can_be_absent:
                return str(bool(comparison.value))
            return f"{operand} is not None" if comparison.value else f"{operand} is None"
        case Operator.EQ:
            return f"{operand} == {constants.name(comparison.value)}"
        case Operator.IN | Operator.IN_LIST:
            return f"{operand} in {constants.name(_against(comparison, lists))}"
        case other:
            compared = f"{operand} {_SYMBOLS[other]} {constants.name(_against(comparison, lists))}"
            return f"({operand} is not None and {compared})" if can_be_absent else compared


def where_source(
    event_type: str, where: Where, constants: Constants, lists: Lists = NO_LISTS, event: str = "e"
) -> str | None:
    """Source that is true where an event of that type matches; None where none of the type can."""
    parts = []
    for name, comparisons in where.items():
        field = FIELDS[event_type].get(name)
        if field is None:
            if any(not compares(None, comparison) for comparison in comparisons):
                return None
            continue
        parts += [
            comparison_source(f"{event}.{name}", field.optional, item, constants, lists)
            for item in comparisons
        ]
    return " and ".join(parts) or "True"


def compile_selector(
    selector: Selector, needs: Sequence[str] = (), lists: Lists = NO_LISTS
) -> dict[str, Predicate]:
    """For each event type that the selector can match, the function that tells whether an event does.

    `needs` names fields that an event must carry to match at all.
    """
    predicates = {}
    for event_type in selector.events:
        constants = Constants()
        present = [needed_source(event_type, name) for name in needs]
        source = where_source(event_type, selector.where, constants, lists)
        if source is None or None in present:
            continue
        conditions = " and ".join([*filter(None, present), source])
        predicates[event_type] = compile_function(f"def compiled(e):\n return {conditions}\n", constants)
    return predicates


def needed_source(event_type: str, name: str, event: str = "e") -> str | None:
    """Source that is true where an event carries the field; None where its type has no such field."""
    field = FIELDS[event_type].get(name)
    if field is None:
        return None
    return f"{event}.{name} is not None" if field.optional else "True"


def compares(value: Any, comparison: Comparison, lists: Lists = NO_LISTS) -> bool:
    """Whether one value, None where it is absent, compares as told: for where speed does not matter."""
    if comparison.operator is Operator.EXISTS:
        return (value is not None) == bool(comparison.value)
    if value is None:
        return False
    return bool(_FUNCTIONS[comparison.operator](value, _against(comparison, lists)))


def _against(comparison: Comparison, lists: Lists) -> Any:
    """What a value is compared with."""
    if comparison.operator in OF_LISTS:
        return lists[str(comparison.value)]
    return frozenset(comparison.value) if isinstance(comparison.value, tuple) else comparison.value
