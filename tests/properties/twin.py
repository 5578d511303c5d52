"""What the rules mean, written from the contract alone: from scratch at each event, no part of the engine.

Slow on purpose. Rules are parsed YAML mappings, events plain dicts in arrival order. Times are milliseconds.
"""

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

Event = dict[str, Any]
Rule = dict[str, Any]
Selector = dict[str, Any]
Key = tuple[str, ...]
Lists = Mapping[str, Collection[str]]

UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
LIST_OPERATORS = {"in_list", "not_in_list"}
DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")
MEASURE = re.compile(r"(?P<function>\w+)(\((?P<argument>[\w.]+)\))?")


class Standing(NamedTuple):
    """One alert that stands in the end; `period` is (event_time, event_id) where the cooldown is 0s."""

    rule_id: str
    key: Key
    severity: str
    period: int | tuple[int, str]


class Anchor(NamedTuple):
    """An event that makes a rule hold, with what is in force for it.

    Of a window: the measures of the alternatives that hold, and the events selected. Of a sequence: the step
    that is completed, the first event of the chain, and by step the event that completed it.
    """

    event_id: str
    event_time: int
    key: Key
    severity: str
    action: str
    explanation: dict[str, str] | None
    measures: dict[str, Any]
    selected: tuple[str, ...]
    step: str | None
    first_event_id: str | None
    completed_by: dict[str, str]


class Chain(NamedTuple):
    """A way to complete steps of a sequence: its first event, and the event that completed each step."""

    first: Event
    completed_by: tuple[Event, ...]


def standing_alerts(rules: list[Rule], events: list[Event], lists: Lists | None = None) -> set[Standing]:
    """The alerts that stand once all events are in."""
    return {alert for rule in rules for alert in standing(rule, anchors(rule, events, lists))}


def standing(rule: Rule, found: Iterable[Anchor]) -> set[Standing]:
    """The alerts that the rule's anchors make: one for each key, severity and period."""
    cooldown = _ms(rule.get("cooldown", "1h"))
    return {
        Standing(
            rule["id"],
            anchor.key,
            anchor.severity,
            anchor.event_time // cooldown if cooldown else (anchor.event_time, anchor.event_id),
        )
        for anchor in found
    }


def anchors(rule: Rule, events: Iterable[Event], lists: Lists | None = None) -> list[Anchor]:
    """Every anchor of the rule: key by key, in the order of the events."""
    if rule.get("mode") == "off":
        return []
    rule = _with_lists(rule, lists or {})
    return [
        anchor
        for key, history in _histories(rule, events).items()
        for number in range(len(history))
        for anchor in _anchors_at_the_end(rule, key, history[: number + 1])
    ]


def anchors_at(
    rule: Rule, events: Iterable[Event], event_id: str, lists: Lists | None = None
) -> list[Anchor]:
    """The anchors of the rule that one event is, by itself."""
    rule = _with_lists(rule, lists or {})
    return [
        anchor
        for key, history in _histories(rule, events).items()
        for number, event in enumerate(history)
        if event["event_id"] == event_id
        for anchor in _anchors_at_the_end(rule, key, history[: number + 1])
    ]


def keeps_for(rules: list[Rule], event: Event) -> int:
    """How long the event is kept, beside the allowed lateness: the longest span of a rule that can use it.

    What a list holds may change: a rule can use whatever might be in one, or not.
    """
    return max((span_of(rule) for rule in rules if _uses(rule, event)), default=0)


def _uses(rule: Rule, event: Event) -> bool:
    selectors = map(_whatever_its_lists, _selectors_of(rule))
    return rule.get("mode") != "off" and any(_selects(one, _present(event)) for one in selectors)


def _whatever_its_lists(selector: Selector) -> Selector:
    where = {
        field: {"exists": True} if isinstance(wanted, dict) and LIST_OPERATORS & wanted.keys() else wanted
        for field, wanted in selector.get("where", {}).items()
    }
    return {**selector, "where": where}


def _selectors_of(rule: Rule) -> list[Selector]:
    if "window" in rule:
        return list(_window_selectors(rule["window"]).values())
    steps = rule["sequence"]["steps"]
    return [*steps, *(step["unless"] for step in steps if "unless" in step)]


def span_of(rule: Rule) -> int:
    """The longest time from an event that the rule uses to the event that makes it hold."""
    if "window" in rule:
        window = rule["window"]
        return max(_within(window, selector) for selector in _window_selectors(window).values())
    sequence = rule["sequence"]
    if "within" in sequence:
        return _ms(sequence["within"])
    return sum(_ms(step.get("within", "0s")) for step in sequence["steps"])


def _with_lists(part: Any, lists: Lists) -> Any:
    """A rule with its lists written out: `in_list: vip` is `in` the values of that list."""
    if isinstance(part, list):
        return [_with_lists(one, lists) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name.removesuffix("_list"): list(lists[one]) if name in LIST_OPERATORS else _with_lists(one, lists)
        for name, one in part.items()
    }


def _anchors_at_the_end(rule: Rule, key: Key, history: list[Event]) -> Iterator[Anchor]:
    """The anchors that the last event of a history is."""
    find = _sequence_anchors if "sequence" in rule else _window_anchors
    return find(rule, key, history)


# Events and their order


def _order(event: Event) -> tuple[int, str]:
    return event["event_time"], event["event_id"]


def _in_order(events: Iterable[Event]) -> list[Event]:
    first_to_arrive: dict[str, Event] = {}
    for event in events:
        first_to_arrive.setdefault(event["event_id"], event)
    return sorted(map(_present, first_to_arrive.values()), key=_order)


def _present(event: Event) -> Event:
    return {field: value for field, value in event.items() if value is not None}


def _histories(rule: Rule, events: Iterable[Event]) -> dict[Key, list[Event]]:
    fields = _listed(rule["by"])
    histories = defaultdict(list)
    for event in _in_order(events):
        if all(field in event for field in fields):
            histories[tuple(str(event[field]) for field in fields)].append(event)
    return histories


def _listed(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


@cache
def _ms(duration: str) -> int:
    parsed = DURATION.fullmatch(duration)
    assert parsed, f"not a duration: {duration}"
    return int(parsed[1]) * UNIT_MS[parsed[2]]


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
    if name in ("in", "not_in"):
        return any(_equal(value, one) for one in operand) == (name == "in")
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


def _window_anchors(rule: Rule, key: Key, history: list[Event]) -> Iterator[Anchor]:
    trigger = history[-1]
    window = rule["window"]
    selectors = _window_selectors(window)
    if not any(_selects(selector, trigger) for selector in selectors.values()):
        return
    effective = {**rule, **_override(rule, trigger.get)}
    selected = {
        name: [e for e in _in_span(window, selector, history) if _selects(selector, e)]
        for name, selector in selectors.items()
    }
    alternatives = _listed(effective["when"])
    measures = {written: _measure(written, selected) for one in alternatives for written in one}
    held = [one for one in alternatives if all(_holds(name, measures[name], one[name]) for name in one)]
    if held:
        yield Anchor(
            **_about(trigger, key, effective),
            severity=effective.get("severity", "medium"),
            measures={written: measures[written] for one in held for written in one},
            selected=_ids(_in_order(e for events in selected.values() for e in events)),
            step=None,
            first_event_id=None,
            completed_by={},
        )


def _about(event: Event, key: Key, effective: Rule) -> dict[str, Any]:
    return {
        "event_id": event["event_id"],
        "event_time": event["event_time"],
        "key": key,
        "action": effective.get("action", "review"),
        "explanation": effective.get("explanation"),
    }


def _ids(events: Iterable[Event]) -> tuple[str, ...]:
    return tuple(event["event_id"] for event in events)


def _window_selectors(window: Rule) -> dict[str, Selector]:
    return window.get("select") or {"": window}


def _within(window: Rule, selector: Selector) -> int:
    return _ms(selector.get("within") or window["within"])


def _in_span(window: Rule, selector: Selector, history: list[Event]) -> list[Event]:
    now = history[-1]["event_time"]
    after, upto = now - _within(window, selector), now - _ms(selector.get("before", "0s"))
    return [e for e in history if after < e["event_time"] <= upto]


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


def _sequence_anchors(rule: Rule, key: Key, history: list[Event]) -> Iterator[Anchor]:
    event = history[-1]
    steps = rule["sequence"]["steps"]
    for index, severity in _alerting_steps(rule, steps).items():
        chain = _latest_chain(rule, index, history) if _selects(steps[index], event) else None
        if chain:
            override = _override(rule, _chain_reader(steps, chain))
            yield Anchor(
                **_about(event, key, {**rule, **override}),
                severity=override.get("severity", severity),
                measures={},
                selected=(),
                step=steps[index]["name"],
                first_event_id=chain.first["event_id"],
                completed_by={
                    step["name"]: e["event_id"] for step, e in zip(steps, chain.completed_by, strict=False)
                },
            )


def _alerting_steps(rule: Rule, steps: list[Rule]) -> dict[int, str]:
    alerting = {index: step["alert"] for index, step in enumerate(steps) if "alert" in step}
    return alerting or {len(steps) - 1: rule.get("severity", "medium")}


def _chain_reader(steps: list[Rule], chain: Chain) -> Callable[[str], Any]:
    last_events = {step["name"]: e for step, e in zip(steps, chain.completed_by, strict=False)}

    def value_of(field: str) -> Any:
        step, dot, of_step = field.partition(".")
        return last_events.get(step, {}).get(of_step) if dot else chain.completed_by[-1].get(field)

    return value_of


def _latest_chain(rule: Rule, index: int, history: list[Event]) -> Chain | None:
    # Every chain of these that ends with the event keeps the sequence's own `within` and `same`. What is
    # older than all the steps' bounds together is in no chain.
    sequence, event = rule["sequence"], history[-1]
    earliest = event["event_time"] - span_of(rule)
    near = [e for e in history if e["event_time"] >= earliest]
    usable = [e for e in near if _agree(e, event, _listed(sequence.get("same", [])))]
    return next(_chains(sequence["steps"], index, near, usable), None) if event in usable else None


def _chains(steps: list[Rule], index: int, near: list[Event], usable: list[Event]) -> Iterator[Chain]:
    """All chains in which the last usable event completes the step of that index, the latest first."""
    step, event = steps[index], usable[-1]
    if not _belongs(step, event, event):
        return
    for at in range(len(usable) - 1, -1, -1):
        if not _close_enough(step, usable[at], event):
            return
        if index == 0:
            if _belongs(step, usable[at], event) and _enough(step, usable[at:]):
                yield Chain(usable[at], (event,))
        elif (
            at + 1 < len(usable)
            and _belongs(steps[index - 1], usable[at], usable[at])
            and _enough(step, usable[at + 1 :])
            and not _cancelled(step, near, usable[at], event)
        ):
            for chain in _chains(steps, index - 1, near, usable[: at + 1]):
                yield Chain(chain.first, (*chain.completed_by, event))


def _belongs(step: Rule, member: Event, event: Event) -> bool:
    return _selects(step, member) and _agree(member, event, _listed(step.get("same", [])))


def _agree(one: Event, other: Event, fields: list[str]) -> bool:
    return all(field in one and field in other and _equal(one[field], other[field]) for field in fields)


def _enough(step: Rule, events: list[Event]) -> bool:
    """Whether enough of these events serve the step that the last of them completes."""
    members = [e for e in events if _belongs(step, e, events[-1])]
    distinct = step.get("distinct")
    found = len({e[distinct] for e in members if distinct in e}) if distinct else len(members)
    needed: int = step.get("at_least", 1)
    return found >= needed


def _close_enough(step: Rule, start: Event, event: Event) -> bool:
    return "within" not in step or event["event_time"] - start["event_time"] <= _ms(step["within"])


def _cancelled(step: Rule, near: list[Event], before: Event, event: Event) -> bool:
    unless = step.get("unless")
    if not unless:
        return False
    latest = event["event_time"] - _ms(unless.get("before", "0s"))
    return any(
        _order(before) < _order(e) < _order(event)
        and e["event_time"] <= latest
        and _selects(unless, e)
        and _agree(e, before, _listed(unless.get("same", [])))
        for e in near
    )
