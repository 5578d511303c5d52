"""Selectors, conditions and steps of a rule in words, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from detector.core.durations import in_words
from detector.core.rule import (
    Comparison,
    Condition,
    Measure,
    MeasureKind,
    Operator,
    Selector,
    Step,
    Unless,
    Value,
    Watch,
    When,
)

_WORDS = {
    Operator.EQ: "is",
    Operator.NE: "is not",
    Operator.GT: ">",
    Operator.GTE: "≥",
    Operator.LT: "<",
    Operator.LTE: "≤",
    Operator.IN_LIST: "is in the list",
    Operator.NOT_IN_LIST: "is not in the list",
}


def code(names: Iterable[object], joined: str = ", ") -> str:
    """Names as code, joined."""
    return joined.join(f"`{name}`" for name in names)


def duration(ms: int) -> str:
    """A duration in words: '10 minutes'."""
    return in_words(ms, "en")


def when_in_words(when: When) -> str:
    """The conditions that a rule fires on: '`count` ≥ 5, or `sum(amount)` ≥ 100000'."""
    return ", or ".join(" and ".join(_condition(condition) for condition in group) for group in when)


def where_in_words(where: Mapping[str, tuple[Comparison, ...]]) -> str:
    """What the fields of an event must be: '`auth_method` is `none` and `amount` ≤ 10000'."""
    return " and ".join(_compared(name, item) for name, comparisons in where.items() for item in comparisons)


def selector_in_words(selector: Selector) -> str:
    """Which events count: '`debit` where `auth_method` is `none`'."""
    where = where_in_words(selector.where)
    return code(selector.events, " or ") + (f" where {where}" if where else "")


def watch_in_words(watch: Watch) -> str:
    """Which events of a window count, and how old they may and must be."""
    parts = [selector_in_words(watch.selector), f"within {duration(watch.within)}"]
    return ", ".join([*parts, f"at least {duration(watch.before)} old"] if watch.before else parts)


def step_in_words(step: Step) -> str:
    """What completes a step of a sequence, and what cancels it."""
    parts = [_needed(step) + selector_in_words(step.selector)]
    if step.same is not None:
        parts.append(f"all with the same `{step.same}`")
    if step.within is not None:
        parts.append(f"within {duration(step.within)} of the step before")
    if step.unless is not None:
        parts.append(_cancelled(step.unless))
    return ", ".join(parts)


def _needed(step: Step) -> str:
    if step.distinct is not None:
        return f"at least {step.at_least} different `{step.distinct}` among "
    return f"{step.at_least} or more " if step.at_least > 1 else ""


def _cancelled(unless: Unless) -> str:
    same = f" with the same `{unless.same}`" if unless.same is not None else ""
    before = f" at least {duration(unless.before)} before it" if unless.before else " in between"
    return f"unless {selector_in_words(unless.selector)}{same} came{before}"


def _condition(condition: Condition) -> str:
    measure = condition.measure
    is_span = isinstance(measure, Measure) and measure.kind is MeasureKind.SPAN
    return " and ".join(_compared(condition.name, item, is_span) for item in condition.comparisons)


def _compared(name: str, comparison: Comparison, is_span: bool = False) -> str:
    value = comparison.value
    if comparison.operator is Operator.EXISTS:
        return f"`{name}` is {'present' if value else 'absent'}"
    if isinstance(value, tuple):
        return f"`{name}` is {' or '.join(_value(item, is_span) for item in value)}"
    return f"`{name}` {_WORDS[comparison.operator]} {_value(value, is_span)}"


def _value(value: Value, is_span: bool) -> str:
    if is_span and isinstance(value, int):
        return duration(value)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if isinstance(value, str) else str(value)
