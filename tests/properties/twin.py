"""What the rules mean, written from the contract alone: from scratch at each event, no part of the engine.

Slow on purpose. Rules are parsed YAML mappings, events plain dicts in arrival order. Times are milliseconds.
"""

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

Event = dict[str, Any]
Rule = dict[str, Any]
Selector = dict[str, Any]
Key = tuple[str, ...]

UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
MEASURE = re.compile(r"(?P<function>\w+)(\((?P<argument>[\w.]+)\))?")


class Standing(NamedTuple):
    """One alert that stands in the end; `period` is (event_time, event_id) where the cooldown is 0s."""

    rule_id: str
    key: Key
    severity: str
    period: int | tuple[int, str]


class Anchor(NamedTuple):
    """An event that makes a rule hold; steps and first events are of sequences, measures of windows."""

    event_id: str
    severity: str
    key: Key
    step: str | None
    first_event_id: str | None
    measures: dict[str, Any]
    event_time: int


class Chain(NamedTuple):
    """A way to complete steps of a sequence: its first event, and the event that completed each step."""

    first: Event
    completed_by: tuple[Event, ...]


def standing_alerts(rules: list[Rule], events: list[Event]) -> set[Standing]:
    """The alerts that stand once all events are in."""
    return {
        Standing(rule["id"], anchor.key, anchor.severity, _period(rule, anchor))
        for rule in rules
        for anchor in anchors(rule, events)
    }


def anchors(rule: Rule, events: list[Event]) -> list[Anchor]:
    """Every anchor of the rule: key by key, in the order of the events."""
    if rule.get("mode") == "off":
        return []
    find = _sequence_anchors if "sequence" in rule else _window_anchors
    return [
        anchor
        for key, history in _histories(rule, events).items()
        for event in history
        for anchor in find(rule, key, history, event)
    ]


# Events and their order


def _order(event: Event) -> tuple[int, str]:
    return event["event_time"], event["event_id"]


def _in_order(events: Iterable[Event]) -> list[Event]:
    first_to_arrive: dict[str, Event] = {}
    for event in events:
        first_to_arrive.setdefault(event["event_id"], {k: v for k, v in event.items() if v is not None})
    return sorted(first_to_arrive.values(), key=_order)


def _histories(rule: Rule, events: list[Event]) -> dict[Key, list[Event]]:
    fields = _listed(rule["by"])
    histories = defaultdict(list)
    for event in _in_order(events):
        if all(field in event for field in fields):
            histories[tuple(str(event[field]) for field in fields)].append(event)
    return histories


def _period(rule: Rule, anchor: Anchor) -> int | tuple[int, str]:
    cooldown = _ms(rule.get("cooldown", "1h"))
    return anchor.event_time // cooldown if cooldown else (anchor.event_time, anchor.event_id)


def _listed(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def _ms(duration: str) -> int:
    return int(duration[:-1]) * UNIT_MS[duration[-1]]


# Selectors and comparisons; None is an absent field, or the measure of nothing


def _selects(selector: Selector, event: Event) -> bool:
    return event["type"] in _listed(selector["event"]) and _where(selector.get("where", {}), event.get)


def _where(where: dict[str, Any], value_of: Callable[[str], Any]) -> bool:
    return all(_matches(value_of(field), wanted) for field, wanted in where.items())


def _matches(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return all(_compare(name, value, operand) for name, operand in wanted.items())
    return any(_equal(value, one) for one in _listed(wanted))


def _compare(name: str, value: Any, operand: Any) -> bool:
    if name == "exists":
        return operand is (value is not None)
    if value is None:
        return False
    if name == "in":
        return any(_equal(value, one) for one in operand)
    if name in ("eq", "ne"):
        return _equal(value, operand) == (name == "eq")
    return (
        _is_number(value) and _is_number(operand) and bool(getattr(operator, _PYTHON[name])(value, operand))
    )


_PYTHON = {"gt": "gt", "gte": "ge", "lt": "lt", "lte": "le"}


def _equal(value: Any, wanted: Any) -> bool:
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _override(rule: Rule, value_of: Callable[[str], Any]) -> Rule:
    """The first override that matches, or nothing."""
    return next((one for one in rule.get("overrides", []) if _where(one.get("where", {}), value_of)), {})


# Windows


def _window_anchors(rule: Rule, key: Key, history: list[Event], trigger: Event) -> Iterator[Anchor]:
    window = rule["window"]
    selectors = window.get("select") or {"": window}
    if not any(_selects(selector, trigger) for selector in selectors.values()):
        return
    effective = {**rule, **_override(rule, trigger.get)}
    selected = {
        name: [e for e in history if _selects(selector, e) and _in_span(window, selector, e, trigger)]
        for name, selector in selectors.items()
    }
    alternatives = _listed(effective["when"])
    measures = {written: _measure(written, selected) for one in alternatives for written in one}
    if any(all(_holds(written, measures[written], one[written]) for written in one) for one in alternatives):
        severity = effective.get("severity", "medium")
        yield Anchor(trigger["event_id"], severity, key, None, None, measures, trigger["event_time"])


def _in_span(window: Rule, selector: Selector, event: Event, trigger: Event) -> bool:
    within = _ms(selector.get("within") or window["within"])
    before = _ms(selector.get("before", "0s"))
    now = trigger["event_time"]
    return _order(event) <= _order(trigger) and now - within < event["event_time"] <= now - before


def _measure(written: str, selected: dict[str, list[Event]]) -> Any:
    if "/" not in written:
        return _single_measure(written.strip(), selected)
    above, below = (_single_measure(part.strip(), selected) for part in written.split("/"))
    if above is None or below is None:
        return None
    return above / below if below else 0


def _single_measure(written: str, selected: dict[str, list[Event]]) -> Any:
    parsed = MEASURE.fullmatch(written)
    assert parsed, f"not a measure: {written}"
    function, argument = parsed["function"], parsed["argument"] or ""
    if function in ("count", "span"):
        events = _of_selector(argument, selected)
        return len(events) if function == "count" else _span(events)
    name, _, field = argument.rpartition(".")
    return _over_values(function, [e[field] for e in _of_selector(name, selected) if field in e])


def _of_selector(name: str, selected: dict[str, list[Event]]) -> list[Event]:
    if name:
        return selected[name]
    (only,) = selected.values()
    return only


def _span(events: list[Event]) -> int:
    return events[-1]["event_time"] - events[0]["event_time"] if events else 0


def _over_values(function: str, values: list[Any]) -> Any:
    if function == "sum":
        return sum(values)
    if function == "distinct":
        return len(set(values))
    if not values:
        return None
    if function == "last":
        return values[-1]
    return max(values) if function == "max" else min(values)


def _holds(written: str, value: Any, wanted: Any) -> bool:
    if value is None:
        return False
    if written.startswith("span") and "/" not in written:
        wanted = _durations_in_ms(wanted)
    return _matches(value, wanted)


def _durations_in_ms(wanted: Any) -> Any:
    if isinstance(wanted, dict):
        return {name: _durations_in_ms(operand) for name, operand in wanted.items()}
    return [_ms(one) for one in _listed(wanted)] if isinstance(wanted, list) else _ms(wanted)


# Sequences


def _sequence_anchors(rule: Rule, key: Key, history: list[Event], event: Event) -> Iterator[Anchor]:
    steps = rule["sequence"]["steps"]
    for index, severity in _alerting_steps(rule, steps).items():
        chain = _latest_chain(rule["sequence"], index, history, event)
        if chain:
            override = _override(rule, _chain_reader(steps, chain))
            yield Anchor(
                event["event_id"],
                override.get("severity", severity),
                key,
                steps[index].get("name"),
                chain.first["event_id"],
                {},
                event["event_time"],
            )


def _alerting_steps(rule: Rule, steps: list[Rule]) -> dict[int, str]:
    alerting = {index: step["alert"] for index, step in enumerate(steps) if "alert" in step}
    return alerting or {len(steps) - 1: rule.get("severity", "medium")}


def _chain_reader(steps: list[Rule], chain: Chain) -> Callable[[str], Any]:
    last_events = {step.get("name"): e for step, e in zip(steps, chain.completed_by, strict=False)}

    def value_of(field: str) -> Any:
        step, dot, of_step = field.partition(".")
        return last_events.get(step, {}).get(of_step) if dot else chain.completed_by[-1].get(field)

    return value_of


def _latest_chain(sequence: Rule, index: int, history: list[Event], event: Event) -> Chain | None:
    # Every chain of these that ends with the event keeps the sequence's own `within` and `same`.
    usable = [
        e
        for e in history
        if _order(e) <= _order(event)
        and ("within" not in sequence or event["event_time"] - e["event_time"] <= _ms(sequence["within"]))
        and _agree(e, event, _listed(sequence.get("same", [])))
    ]
    return next(_chains(sequence["steps"], index, history, usable, event), None)


def _chains(
    steps: list[Rule], index: int, history: list[Event], usable: list[Event], event: Event
) -> Iterator[Chain]:
    """All chains in which the event completes the step of that index, the latest first."""
    step = steps[index]
    if event not in usable or not _belongs(step, event, event):
        return
    members = [e for e in usable if _order(e) <= _order(event) and _belongs(step, e, event)]
    if index == 0:
        for first in range(len(members) - 1, -1, -1):
            if _enough(step, members[first:]) and _close_enough(step, members[first], event):
                yield Chain(members[first], (event,))
        return
    for before in reversed([e for e in usable if _order(e) < _order(event)]):
        since = [e for e in members if _order(e) > _order(before)]
        if (
            _close_enough(step, before, event)
            and _enough(step, since)
            and not _cancelled(step, history, before, event)
        ):
            for chain in _chains(steps, index - 1, history, usable, before):
                yield Chain(chain.first, (*chain.completed_by, event))


def _belongs(step: Rule, member: Event, event: Event) -> bool:
    return _selects(step, member) and _agree(member, event, _listed(step.get("same", [])))


def _agree(one: Event, other: Event, fields: list[str]) -> bool:
    return all(field in one and field in other and _equal(one[field], other[field]) for field in fields)


def _enough(step: Rule, members: list[Event]) -> bool:
    distinct = step.get("distinct")
    found = len({e[distinct] for e in members if distinct in e}) if distinct else len(members)
    needed: int = step.get("at_least", 1)
    return found >= needed


def _close_enough(step: Rule, start: Event, event: Event) -> bool:
    return "within" not in step or event["event_time"] - start["event_time"] <= _ms(step["within"])


def _cancelled(step: Rule, history: list[Event], before: Event, event: Event) -> bool:
    unless = step.get("unless")
    if not unless:
        return False
    latest = event["event_time"] - _ms(unless.get("before", "0s"))
    return any(
        _order(before) < _order(e) < _order(event)
        and e["event_time"] <= latest
        and _selects(unless, e)
        and _agree(e, before, _listed(unless.get("same", [])))
        for e in history
    )
