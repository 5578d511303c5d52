"""Random rules over the whole language, all valid by the contract; seeded, and for Hypothesis.

Spans are whole minutes, as the times of the random events are, and thresholds are small: what a rule asks
for happens, and often just so.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import strategies as st

from .streams import draws
from .vocabulary import BOOLEANS, COMMON, LISTS, NUMBERS, REQUIRED, WEIGHTS, fields_of

Rule = dict[str, Any]

BYS: list[Any] = [
    *["user_id"] * 8,
    *["merchant_id"] * 3,
    *[["user_id", "merchant_id"]] * 3,
    *[["user_id", "device_id"]] * 2,
    ["user_id"],
    ["user_id", "merchant_id", "city"],
]
TIES = {"device_id", "merchant_id", "session_id", "card_id", "agreement_id", "city", "user_tier"}
STEPS = ["first", "second", "third", "fourth"]


def random_rules(rng: Random) -> list[Rule]:
    """One to four rules with different ids, over the same few event types."""
    kinds = _types(rng, list(REQUIRED), rng.choice([4, 5, 6]))
    return [_rule(rng, f"rule-{number}", kinds) for number in range(rng.randint(1, 4))]


def rules() -> st.SearchStrategy[list[Rule]]:
    """One to four rules over the whole language."""
    return draws().map(random_rules)


def kinds_of(rules: list[Rule]) -> list[str]:
    """The event types that the rules select, those that cancel a step among them."""
    selectors = []
    for rule in rules:
        steps = rule["sequence"]["steps"] if "sequence" in rule else []
        selectors += [*steps, *(step["unless"] for step in steps if "unless" in step)]
        if "window" in rule:
            selectors += rule["window"].get("select", {"": rule["window"]}).values()
    return list(dict.fromkeys(kind for selector in selectors for kind in _types_of(selector)))


def _rule(rng: Random, rule_id: str, kinds: list[str]) -> Rule:
    by = rng.choice(BYS)
    key = set(by if isinstance(by, list) else [by]) - {"user_id"}
    in_key = [kind for kind in REQUIRED if key <= fields_of(kind).keys()]
    among = [kind for kind in in_key if kind in kinds] or in_key
    rule: Rule = {"id": rule_id, "by": by}
    _maybe(rng, rule, "severity", lambda: _severity(rng))
    _maybe(rng, rule, "action", lambda: rng.choice(["review", "hold_and_notify"]))
    _maybe(rng, rule, "explanation", lambda: _texts(rule_id), 0.3)
    _maybe(rng, rule, "mode", lambda: rng.choice(["live", "shadow", "shadow", "off"]), 0.15)
    _maybe(rng, rule, "cooldown", lambda: rng.choice(["0s", "90s", "5m", "10m", "1h", "1d"]), 0.8)
    return rule | (_window_rule(rng, among) if rng.random() < 0.5 else _sequence_rule(rng, among))


def _maybe(rng: Random, mapping: Rule, name: str, draw: Callable[[], Any], probability: float = 0.5) -> None:
    if rng.random() < probability:
        mapping[name] = draw()


def _severity(rng: Random) -> str:
    return rng.choice(["info", "low", "medium", "high", "critical"])


def _texts(of: str) -> dict[str, str]:
    return {"en": f"because of {of}", "zh": f"因为{of}"}


def _minutes(rng: Random, low: int, high: int) -> str:
    """A duration, rather a short one."""
    minutes = min(rng.randint(low, high) for _ in range(3))
    return rng.choice([f"{minutes}m", f"{minutes * 60}s"])


# Selectors


def _types(rng: Random, among: list[str], n: int) -> list[str]:
    drawn = rng.choices(among, [WEIGHTS[kind] for kind in among], k=n)
    return list(dict.fromkeys(drawn))


def _types_of(selector: Rule) -> list[str]:
    event = selector["event"]
    return event if isinstance(event, list) else [event]


def _fields(rng: Random, types: list[str]) -> set[str]:
    """Fields that events of all of these types may carry; now and then, that some may."""
    each = [set(fields_of(kind)) for kind in types]
    return set.union(*each) if rng.random() < 0.25 else set.intersection(*each)


def _values(types: list[str], field: str) -> list[Any]:
    kind = next(kind for kind in types if field in fields_of(kind))
    return list(dict.fromkeys(fields_of(kind)[field]))


def _pick(rng: Random, fields: set[str]) -> str:
    """One of the fields, seldom one that any event carries."""
    if fields & NUMBERS and rng.random() < 0.3:
        fields &= NUMBERS
    own = sorted(fields - COMMON.keys())
    return rng.choice(own if own and rng.random() < 0.6 else sorted(fields))


def _tie(rng: Random, types: list[str]) -> str:
    """A field by which events of these types can belong together."""
    return _pick(rng, _fields(rng, types) & TIES)


def _selector(rng: Random, among: list[str], filtered: float = 0.4) -> Rule:
    types = _types(rng, among, rng.choice([1, 1, 2, 3]))
    selector: Rule = {"event": types[0] if len(types) == 1 and rng.random() < 0.8 else types}
    _maybe(rng, selector, "where", lambda: _where(rng, types, rng.choice([1, 1, 1, 2])), filtered)
    return selector


def _where(rng: Random, types: list[str], n: int) -> Rule:
    fields = [_pick(rng, _fields(rng, types)) for _ in range(n)]
    return {field: _wanted(rng, field, _values(types, field)) for field in fields}


def _wanted(rng: Random, field: str, values: list[Any]) -> Any:
    if field in NUMBERS and rng.random() < 0.7:
        return _range(rng, values)
    if field not in NUMBERS | BOOLEANS and rng.random() < 0.2:
        return _listed(rng)
    value = rng.choice(values)
    some = rng.sample(values, rng.randint(1, len(values)))
    return rng.choice(
        [
            value,
            some,
            {"in": some},
            {"eq": value},
            {"ne": value},
            {"exists": True},
            {"exists": False},
            {"exists": True, "ne": value},
        ]
    )


def _listed(rng: Random) -> Rule:
    one, other = rng.sample(sorted(LISTS), 2)
    both = {"in_list": one, "not_in_list": other}
    return rng.choice([{"in_list": "watched"}, {"in_list": one}, {"not_in_list": one}, both])


def _range(rng: Random, values: list[Any]) -> Rule:
    low, high = sorted(rng.choices(values, k=2))
    return rng.choice(
        [
            {"gt": low},
            {"lt": high},
            {"gte": low},
            {"lte": high},
            {"gte": low, "lte": high},
            {"gt": low, "ne": high},
        ]
    )


# Windows


def _window_rule(rng: Random, among: list[str]) -> Rule:
    window = _several_selectors(rng, among) if rng.random() < 0.5 else _one_selector(rng, among)
    selectors = window.get("select", {"": window})
    rule = {"window": window, "when": _when(rng, selectors)}
    types = [kind for selector in selectors.values() for kind in _types_of(selector)]
    _maybe(
        rng,
        rule,
        "overrides",
        lambda: [_override(rng, types, n, selectors) for n in range(rng.randint(1, 2))],
    )
    return rule


def _one_selector(rng: Random, among: list[str]) -> Rule:
    return _selector(rng, among) | {"within": _minutes(rng, 1, 15)}


def _several_selectors(rng: Random, among: list[str]) -> Rule:
    return {
        "within": _minutes(rng, 6, 15),
        "select": {name: _named_selector(rng, among) for name in "abc"[: rng.randint(1, 3)]},
    }


def _named_selector(rng: Random, among: list[str]) -> Rule:
    selector = _selector(rng, among)
    _maybe(rng, selector, "within", lambda: _minutes(rng, 6, 20), 0.4)
    _maybe(rng, selector, "before", lambda: _minutes(rng, 1, 5), 0.3)
    return selector


def _override(rng: Random, types: list[str], number: int, selectors: dict[str, Rule]) -> Rule:
    override: Rule = {"where": _where(rng, types, 1)}
    _maybe(rng, override, "when", lambda: _when(rng, selectors), 0.5)
    return _replacing(rng, override, number)


def _replacing(rng: Random, override: Rule, number: int) -> Rule:
    _maybe(rng, override, "severity", lambda: _severity(rng), 0.5)
    _maybe(rng, override, "action", lambda: rng.choice(["hold", "call"]), 0.3)
    _maybe(rng, override, "explanation", lambda: _texts(f"override {number}"), 0.3)
    return override


def _when(rng: Random, selectors: dict[str, Rule]) -> Any:
    alternatives = [_conditions(rng, selectors) for _ in range(rng.choice([1, 1, 2]))]
    return alternatives[0] if len(alternatives) == 1 and rng.random() < 0.5 else alternatives


def _conditions(rng: Random, selectors: dict[str, Rule]) -> Rule:
    return dict(_condition(rng, selectors) for _ in range(rng.choice([1, 1, 2])))


def _condition(rng: Random, selectors: dict[str, Rule]) -> tuple[str, Any]:
    if rng.random() < 0.25:
        above, below = (_number(rng, selectors)[0] for _ in range(2))
        return f"{above} / {below}", _against(rng, [0, 0.5, 1, 1.5, 2, 100, 500])
    if rng.random() < 0.15:
        return _span(rng, selectors), _against(rng, [_minutes(rng, low, low) for low in (0, 1, 2, 5)])
    if rng.random() < 0.15:
        return _last(rng, selectors)
    measure, values = _number(rng, selectors)
    return measure, _against(rng, values)


def _against(rng: Random, values: list[Any]) -> Any:
    value = rng.choice(values)
    low, high = sorted(rng.choices(values, k=2), key=str)
    return rng.choice(
        [
            *[{"gte": value}] * 3,
            {"gt": value},
            {"lt": value},
            {"lte": value},
            {"eq": value},
            {"ne": value},
            {"in": [value, low]},
            {"gte": low, "ne": high},
            value,
            [low, high],
        ]
    )


def _number(rng: Random, selectors: dict[str, Rule]) -> tuple[str, list[Any]]:
    """A measure that is a number, and numbers worth comparing it with."""
    name = rng.choice(list(selectors))
    fields = _fields(rng, _types_of(selectors[name]))
    if fields & NUMBERS and rng.random() < 0.5:
        field = _pick(rng, fields & NUMBERS)
        function = rng.choice(["sum", "sum", "max", "min", "last"])
        return f"{function}({_dotted(name, field)})", [0, 3, 500, 1_000, 1_100, 2_000, 10_000]
    if rng.random() < 0.4:
        return f"distinct({_dotted(name, _pick(rng, fields))})", [0, 1, 2, 3]
    return f"count({name})" if name else "count", [0, 1, 2, 3, 4]


def _last(rng: Random, selectors: dict[str, Rule]) -> tuple[str, Any]:
    name = rng.choice(list(selectors))
    types = _types_of(selectors[name])
    field = _pick(rng, _fields(rng, types))
    value, other = (rng.choice(_values(types, field)) for _ in range(2))
    return f"last({_dotted(name, field)})", rng.choice([value, {"eq": value}, {"ne": value}, [value, other]])


def _span(rng: Random, selectors: dict[str, Rule]) -> str:
    name = rng.choice(list(selectors))
    return f"span({name})" if name else "span"


def _dotted(name: str, field: str) -> str:
    return f"{name}.{field}" if name else field


# Sequences


def _sequence_rule(rng: Random, among: list[str]) -> Rule:
    sequence: Rule = {"steps": []}
    _maybe(rng, sequence, "within", lambda: _minutes(rng, 4, 30))
    for name in STEPS[: rng.choice([1, 2, 2, 2, 2, 3, 3, 3, 4])]:
        sequence["steps"].append(_step(rng, name, among, sequence))
    if any("alert" in step for step in sequence["steps"]):
        # What stands after the last step that alerts means nothing.
        _maybe(rng, sequence["steps"][-1], "alert", lambda: _severity(rng), 0.9)
    types = [kind for step in sequence["steps"] for kind in _types_of(step)]
    _maybe(rng, sequence, "same", lambda: _same(rng, types), 0.25)
    rule: Rule = {"sequence": sequence}
    _maybe(
        rng, rule, "overrides", lambda: [_step_override(rng, sequence, n) for n in range(rng.randint(1, 2))]
    )
    return rule


def _same(rng: Random, types: list[str]) -> list[str]:
    common = set.intersection(*(set(fields_of(kind)) for kind in types)) & TIES
    return rng.sample(sorted(common), rng.choice([1, 1, 1, 2]))


def _step(rng: Random, name: str, among: list[str], sequence: Rule) -> Rule:
    step: Rule = {"name": name} | _selector(rng, among, filtered=0.2)
    _maybe(rng, step, "at_least", lambda: rng.choice([1, 2, 2, 3]), 0.4)
    _maybe(rng, step, "distinct", lambda: _tie(rng, _types_of(step)), 0.4 if "at_least" in step else 0.05)
    _maybe(rng, step, "same", lambda: _tie(rng, _types_of(step)), 0.3 if "at_least" in step else 0.05)
    takes_several = "at_least" in step or "distinct" in step
    if ("within" not in sequence or rng.random() < 0.5) and (sequence["steps"] or takes_several):
        step["within"] = _minutes(rng, 1, 20)
    if sequence["steps"]:
        _maybe(rng, step, "unless", lambda: _unless(rng, among, sequence["steps"][-1]), 0.65)
    _maybe(rng, step, "alert", lambda: _severity(rng), 0.2)
    return step


def _unless(rng: Random, among: list[str], before: Rule) -> Rule:
    unless = _selector(rng, among, filtered=0.25)
    _maybe(rng, unless, "before", lambda: _minutes(rng, 1, 5), 0.5)
    if rng.random() < 0.55:
        tied = set.intersection(*(set(fields_of(kind)) for kind in _types_of(unless) + _types_of(before)))
        unless["same"] = _pick(rng, tied & TIES)
    return unless


def _step_override(rng: Random, sequence: Rule, number: int) -> Rule:
    step = rng.choice(sequence["steps"])
    of_step = {f"{step['name']}.{field}": wanted for field, wanted in _where(rng, _types_of(step), 1).items()}
    of_trigger = _where(rng, [kind for one in sequence["steps"] for kind in _types_of(one)], 1)
    return _replacing(rng, {"where": rng.choice([of_step, of_step, of_trigger])}, number)
