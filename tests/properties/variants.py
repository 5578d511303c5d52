"""What a rule would be without one of its features, or with a bound moved by the least.

So it is told whether the feature matters: a rule that says `before: 5m` proves something of `before` only on
a stream on which it would hold elsewhere without it.
"""

from collections.abc import Iterator
from typing import Any

from .twin import Rule

Path = tuple[str | int, ...]
Variant = tuple[str, Rule]

GONE = object()
NEVER = {"in": []}
LONG = "10d"
NEIGHBOURS = {"gt": "gte", "gte": "gt", "lt": "lte", "lte": "lt"}
NEIGHBOURS |= {"in_list": "not_in_list", "not_in_list": "in_list"}


def variants(rule: Rule) -> Iterator[Variant]:
    """Rules that differ in one feature from this one, each with the name of the feature."""
    yield from _of_the_whole(rule)
    if "window" in rule:
        yield from _of_a_window(rule)
    else:
        yield from _of_a_sequence(rule)
    yield from _of_overrides(rule)


def _edited(part: Any, path: Path, value: Any) -> Any:
    """A copy of a part with what stands at a path replaced, or gone."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    copy = part.copy()
    if rest or value is not GONE:
        copy[head] = _edited(part[head] if rest else None, rest, value)
    else:
        del copy[head]
    return copy


def _longer(duration: str, by_ms: int) -> str:
    units = {"s": 1_000, "m": 60_000}
    return f"{int(duration[:-1]) * units[duration[-1]] + by_ms}ms"


def _of_the_whole(rule: Rule) -> Iterator[Variant]:
    for name in ("severity", "action", "explanation"):
        if name in rule:
            yield f"{name} of a rule", _edited(rule, (name,), GONE)
    if "mode" in rule:
        yield f"mode {rule['mode']}", rule | {"mode": "live" if rule["mode"] == "off" else "off"}
    if isinstance(rule["by"], list) and len(rule["by"]) > 1:
        yield f"by {len(rule['by'])} fields", rule | {"by": rule["by"][:-1]}
    elif rule["by"] == "merchant_id":
        yield "by merchant_id", rule | {"by": ["merchant_id", "user_id"]}


# Selectors


def _of_a_selector(rule: Rule, path: Path, selector: Rule, of: str) -> Iterator[Variant]:
    types = selector["event"]
    if isinstance(types, list) and len(types) > 1:
        yield f"types of {of}", _edited(rule, (*path, "event"), types[1:])
    yield from _of_where(rule, (*path, "where"), selector.get("where", {}), of)


def _of_where(rule: Rule, path: Path, where: dict[str, Any], of: str) -> Iterator[Variant]:
    for field, wanted in where.items():
        yield f"where of {of}", _edited(rule, (*path, field), GONE)
        for name, variant in _of_wanted(wanted):
            yield f"where {name}", _edited(rule, (*path, field), variant)


def _of_wanted(wanted: Any) -> Iterator[tuple[str, Any]]:
    """What is compared with a field or a measure: each operator, or a value or list by itself."""
    if not isinstance(wanted, dict):
        is_list = isinstance(wanted, list)
        yield "list" if is_list else "value", {"in": wanted[1:]} if is_list else {"ne": wanted}
        return
    for name, operand in wanted.items():
        others = {other: one for other, one in wanted.items() if other != name}
        if name in NEIGHBOURS:
            yield name, {NEIGHBOURS[name]: operand} | others
        elif name == "exists":
            yield f"exists {operand}", others | {"exists": not operand}
        elif name == "in":
            yield name, others | {"in": operand[1:]}
        else:
            yield name, others


# Windows


def _of_a_window(rule: Rule) -> Iterator[Variant]:
    window = rule["window"]
    if "select" not in window:
        yield from _of_a_selector(rule, ("window",), window, "a window")
        yield "bound of a window", _edited(rule, ("window", "within"), _longer(window["within"], 1))
    for name, selector in window.get("select", {}).items():
        path: Path = ("window", "select", name)
        yield from _of_a_selector(rule, path, selector, "a named selector")
        within = selector.get("within", window["within"])
        yield "bound of a named selector", _edited(rule, (*path, "within"), _longer(within, 1))
        if "within" in selector:
            yield "within of a named selector", _edited(rule, (*path, "within"), GONE)
        if "before" in selector:
            yield "before", _edited(rule, (*path, "before"), GONE)
            later = _longer(selector["before"], 1)
            yield "bound of before", _edited(rule, (*path, "before"), later)
    yield from _of_when(rule, ("when",), rule["when"])


def _of_when(rule: Rule, path: Path, when: Any) -> Iterator[Variant]:
    for at, group in enumerate(when) if isinstance(when, list) else [(None, when)]:
        group_path = path if at is None else (*path, at)
        if at is not None and len(when) > 1:
            yield "alternatives", _edited(rule, group_path, GONE)
        for name, wanted in group.items():
            without = GONE if len(group) > 1 else NEVER
            for measure in _measures(name):
                yield f"measure {measure}", _edited(rule, (*group_path, name), without)
            for operator, variant in _of_wanted(wanted):
                yield f"when {operator}", _edited(rule, (*group_path, name), variant)


def _measures(name: str) -> list[str]:
    parts = name.split("/")
    kinds = [part.strip().partition("(")[0] for part in parts]
    return kinds if len(parts) == 1 else ["ratio", *(f"{kind} in a ratio" for kind in dict.fromkeys(kinds))]


# Overrides


def _of_overrides(rule: Rule) -> Iterator[Variant]:
    overrides = rule.get("overrides", [])
    of = "of a window" if "window" in rule else "of a sequence"
    if len(overrides) > 1:
        yield f"order of overrides {of}", rule | {"overrides": overrides[::-1]}
    for at, override in enumerate(overrides):
        path: Path = ("overrides", at)
        for name in ("when", "severity", "action", "explanation"):
            if name in override:
                yield f"{name} in an override {of}", _edited(rule, (*path, name), GONE)
        yield from _of_where(rule, (*path, "where"), override["where"], f"an override {of}")
        for field in override["where"]:
            if "." in field:
                yield "step.field", _edited(rule, (*path, "where", field), GONE)
        if "when" in override:
            yield from _of_when(rule, (*path, "when"), override["when"])


# Sequences


def _of_a_sequence(rule: Rule) -> Iterator[Variant]:
    sequence = rule["sequence"]
    steps = sequence["steps"]
    yield f"{len(steps)} steps", _edited(rule, ("sequence", "steps"), steps[:-1] or [*steps, *steps])
    if "within" in sequence:
        yield "within of a sequence", _edited(rule, ("sequence", "within"), LONG)
        shorter = _longer(sequence["within"], -1)
        yield "bound of a sequence", _edited(rule, ("sequence", "within"), shorter)
    if "same" in sequence:
        fields = len(sequence["same"])
        yield (
            f"same of a sequence, {fields} fields",
            _edited(rule, ("sequence", "same"), sequence["same"][1:]),
        )
    alerting = [at for at, step in enumerate(steps) if "alert" in step]
    if len(alerting) > 1:
        yield "several alerting steps", _edited(rule, ("sequence", "steps", alerting[0], "alert"), GONE)
    for at, step in enumerate(steps):
        yield from _of_a_step(rule, at, step)


def _of_a_step(rule: Rule, at: int, step: Rule) -> Iterator[Variant]:
    path: Path = ("sequence", "steps", at)
    yield from _of_a_selector(rule, path, step, "a step")
    which = "the first step" if at == 0 else "a step"
    if "within" in step:
        yield f"within of {which}", _edited(rule, (*path, "within"), LONG)
        yield f"bound of {which}", _edited(rule, (*path, "within"), _longer(step["within"], -1))
    if step.get("at_least", 1) > 1:
        yield f"at_least of {which}", _edited(rule, (*path, "at_least"), step["at_least"] - 1)
    for name in ("distinct", "same"):
        if name in step:
            yield f"{name} of {which}", _edited(rule, (*path, name), GONE)
    if "alert" in step:
        yield "alert of a step", _edited(rule, (*path, "alert"), GONE)
    if "unless" in step:
        yield from _of_unless(rule, (*path, "unless"), step["unless"])


def _of_unless(rule: Rule, path: Path, unless: Rule) -> Iterator[Variant]:
    options = [name for name in ("before", "same") if name in unless]
    yield f"unless with {' and '.join(options) or 'nothing more'}", _edited(rule, path, GONE)
    yield from _of_a_selector(rule, path, unless, "unless")
    for name in options:
        yield f"{name} of unless", _edited(rule, (*path, name), GONE)
    if "before" in unless:
        later = _longer(unless["before"], 1)
        yield "bound of before of unless", _edited(rule, (*path, "before"), later)
