"""Random events, arrival orders and rules, all valid by the contract; seeded, and as Hypothesis strategies.

Times lie on a grid of minutes, and so do the spans of the rules: ties and exact hits of a bound are frequent.
"""

from random import Random
from typing import Any

from hypothesis import strategies as st

Event = dict[str, Any]
Rule = dict[str, Any]

MINUTE = 60_000
START = 1_767_224_400_000  # 20 minutes before an hour, so that streams cross a period of every cooldown
SPAN_MINUTES = 35

AUTH_METHODS = ["none", "none", "none", "password", "face", "fingerprint", "otp"]
AMOUNTS = [0, 100, 100, 500, 1_000, 5_000]

COMMON: dict[str, list[Any]] = {
    "user_tier": ["standard", "elderly", "minor"],
    "device_id": ["d1", "d2"],
    "city": ["Xiamen", "Harbin"],
    "country": ["CN"],
    "channel": ["app"],
    "ip": ["192.0.2.1", "192.0.2.2"],
}
PAID: dict[str, list[Any]] = {"amount": AMOUNTS, "currency": ["CNY"], "auth_method": AUTH_METHODS}
REQUIRED: dict[str, dict[str, list[Any]]] = {
    "debit": {**PAID, "merchant_id": ["m1", "m2"]},
    "transfer": {**PAID, "payee_id": ["p1", "p2"]},
    "instalment": {**PAID, "merchant_id": ["m1", "m2"], "instalments": [3, 6, 12]},
    "refund": {
        "amount": AMOUNTS,
        "currency": ["CNY"],
        "merchant_id": ["m1", "m2"],
        "refunded_event_id": ["r1"],
    },
    "login": {"new_device": [True, False]},
    "face_verification": {"result": ["passed", "passed", "failed"]},
    "remote_session_started": {"session_id": ["s1", "s2"]},
    "remote_session_ended": {"session_id": ["s1", "s2"]},
    "sms_sync_enabled": {},
    "password_reset": {},
    "device_bound": {},
    "device_reported_lost": {},
    "agreement_activated": {
        "agreement_id": ["a1", "a2"],
        "merchant_id": ["m1", "m2"],
        "consent": ["explicit", "default"],
    },
    "credit_limit_raised": {"new_limit": [10_000, 50_000]},
    "complaint": {
        "complaint_id": ["c1", "c2", "c3"],
        "merchant_id": ["m1", "m2"],
        "status": ["opened", "upheld", "rejected", "withdrawn"],
    },
}
OPTIONAL: dict[str, dict[str, list[Any]]] = {
    "debit": {
        "card_id": ["k1", "k2", "k3"],
        "agreement_id": ["a1", "a2"],
        "merchant_tier": ["A", "B", "C"],
        "terminal_id": ["t1", "t2"],
        "terminal_certified": [True, False],
    },
    "transfer": {"card_id": ["k1", "k2", "k3"]},
    "login": {"method": ["password", "otp"]},
    "face_verification": {"purpose": ["payment", "login"]},
    "remote_session_started": {"app": ["screen-share"]},
    "remote_session_ended": {"app": ["screen-share"]},
    "agreement_activated": {"new_device": [True, False]},
}
WEIGHTS = dict.fromkeys(REQUIRED, 1) | {
    "debit": 10,
    "transfer": 4,
    "instalment": 4,
    "face_verification": 6,
    "remote_session_started": 4,
    "remote_session_ended": 4,
    "login": 4,
    "agreement_activated": 4,
}
NUMBERS = {"amount", "instalments", "new_limit"}


# Events


def random_events(rng: Random, n: int) -> list[Event]:
    """Up to `n` events, and now and then a copy of one: a duplicate."""
    users = [f"u{i}" for i in range(1, rng.choice([1, 1, 2, 3]) + 1)]
    return _numbered(rng, [_event(rng, users) for _ in range(n)])


def _event(rng: Random, users: list[str]) -> Event:
    kind = _types(rng, list(REQUIRED), 1)[0]
    event = {"type": kind, "user_id": rng.choice(users), "event_time": _time(rng)}
    event |= {field: rng.choice(values) for field, values in REQUIRED[kind].items()}
    for field, values in (COMMON | OPTIONAL.get(kind, {})).items():
        if rng.random() < 0.8:
            event[field] = rng.choice([*values, *values, None])
    return event


def _time(rng: Random) -> int:
    just_off = rng.choice([0] * 10 + [-1, 1])
    return START + rng.randint(0, SPAN_MINUTES) * MINUTE + just_off


def _numbered(rng: Random, events: list[Event]) -> list[Event]:
    # The numbers are independent of the times, so a tie in time is broken either way.
    numbered = [{"event_id": f"e{number:04d}"} | event for number, event in enumerate(events)]
    return [copy for event in numbered for copy in [event] * (2 if rng.random() < 0.05 else 1)]


def _types(rng: Random, among: list[str], n: int) -> list[str]:
    drawn = rng.choices(among, [WEIGHTS[kind] for kind in among], k=n)
    return list(dict.fromkeys(drawn))


# Arrival


def random_arrival(rng: Random, events: list[Event], lateness_ms: int) -> list[Event]:
    """The events in an order in which none is later than `lateness_ms` behind the newest before it.

    Each event is delayed by at most `lateness_ms`, and they arrive by their delayed times. What came before
    an event was delayed to no later than that event was, so its event time is at most `lateness_ms` ahead.
    This holds over all events together, so it holds for every key.
    """
    delayed = [(event["event_time"] + rng.randint(0, lateness_ms), rng.random(), event) for event in events]
    return [event for _, _, event in sorted(delayed, key=lambda one: one[:2])]


# Rules


def random_rules(rng: Random) -> list[Rule]:
    """One to four rules with different ids."""
    return [_rule(rng, f"rule-{number}") for number in range(rng.randint(1, 4))]


def _rule(rng: Random, rule_id: str) -> Rule:
    by = rng.choice(["user_id", "user_id", "user_id", "merchant_id", ["user_id", "merchant_id"]])
    by = rng.choice([by, by, by, ["user_id", "device_id"]])
    among = [
        kind
        for kind in REQUIRED
        if set(by if isinstance(by, list) else [by]) <= _fields([kind]) | {"user_id"}
    ]
    rule: Rule = {"id": rule_id, "by": by}
    _maybe(rng, rule, "severity", lambda: _severity(rng))
    _maybe(rng, rule, "cooldown", lambda: rng.choice(["0s", "90s", "5m", "10m", "1h"]), 0.8)
    return rule | (_window_rule(rng, among) if rng.random() < 0.5 else _sequence_rule(rng, among))


def _maybe(rng: Random, mapping: Rule, name: str, draw: Any, probability: float = 0.5) -> None:
    if rng.random() < probability:
        mapping[name] = draw()


def _severity(rng: Random) -> str:
    return rng.choice(["info", "low", "medium", "high", "critical"])


def _minutes(rng: Random, low: int, high: int) -> str:
    minutes = rng.randint(low, high)
    return rng.choice([f"{minutes}m", f"{minutes * 60}s"])


def _fields(types: list[str]) -> set[str]:
    """What events of every one of these types may carry."""
    each = [{*COMMON, *REQUIRED[kind], *OPTIONAL.get(kind, {})} for kind in types]
    return set.intersection(*each)


def _values(types: list[str], field: str) -> list[Any]:
    kind = types[0]
    return list(dict.fromkeys((COMMON | REQUIRED[kind] | OPTIONAL.get(kind, {}))[field]))


def _pick(rng: Random, fields: set[str]) -> str:
    return rng.choice(sorted(fields))


def _tie(rng: Random, types: list[str]) -> str:
    """A field by which events of these types can belong together."""
    return _pick(rng, _fields(types) & {"device_id", "merchant_id", "session_id", "card_id", "agreement_id"})


def _types_of(selector: Rule) -> list[str]:
    event = selector["event"]
    return event if isinstance(event, list) else [event]


def _selector(rng: Random, among: list[str], filtered: float = 0.4) -> Rule:
    types = _types(rng, among, rng.choice([1, 1, 2, 3]))
    selector: Rule = {"event": types[0] if len(types) == 1 and rng.random() < 0.8 else types}
    _maybe(rng, selector, "where", lambda: _where(rng, types, rng.choice([1, 1, 1, 2])), filtered)
    return selector


def _where(rng: Random, types: list[str], n: int) -> Rule:
    fields = [_pick(rng, _fields(types)) for _ in range(n)]
    return {field: _wanted(rng, field, _values(types, field)) for field in fields}


def _wanted(rng: Random, field: str, values: list[Any]) -> Any:
    value = rng.choice(values)
    some = rng.sample(values, rng.randint(1, len(values)))
    plain = [value, some, {"in": some}, {"eq": value}, {"ne": value}, {"exists": rng.random() < 0.5}]
    if field not in NUMBERS:
        return rng.choice(plain)
    low, high = sorted(rng.choices(values, k=2))
    return rng.choice(
        [*plain, {"gte": low, "lte": high}, {"gt": low}, {"lt": high}, {"gte": low}, {"lte": high}]
    )


# Window rules


def _window_rule(rng: Random, among: list[str]) -> Rule:
    window = _several_selectors(rng, among) if rng.random() < 0.5 else _one_selector(rng, among)
    selectors = window.get("select", {"": window})
    rule = {"window": window, "when": _when(rng, selectors)}
    types = [kind for selector in selectors.values() for kind in _types_of(selector)]
    _maybe(
        rng,
        rule,
        "overrides",
        lambda: [_window_override(rng, types, selectors) for _ in range(rng.randint(1, 2))],
    )
    return rule


def _one_selector(rng: Random, among: list[str]) -> Rule:
    return _selector(rng, among) | {"within": _minutes(rng, 1, 15)}


def _several_selectors(rng: Random, among: list[str]) -> Rule:
    return {
        "within": _minutes(rng, 6, 15),
        "select": {name: _named_selector(rng, among) for name in "abc"[: rng.randint(2, 3)]},
    }


def _named_selector(rng: Random, among: list[str]) -> Rule:
    selector = _selector(rng, among)
    _maybe(rng, selector, "within", lambda: _minutes(rng, 6, 20), 0.4)
    _maybe(rng, selector, "before", lambda: _minutes(rng, 1, 5), 0.3)
    return selector


def _window_override(rng: Random, types: list[str], selectors: dict[str, Rule]) -> Rule:
    override: Rule = {"where": _where(rng, types, 1)}
    _maybe(rng, override, "when", lambda: _when(rng, selectors), 0.7)
    _maybe(rng, override, "severity", lambda: _severity(rng), 0.5 if "when" in override else 1)
    return override


def _when(rng: Random, selectors: dict[str, Rule]) -> Any:
    alternatives = [_conditions(rng, selectors) for _ in range(rng.choice([1, 1, 2]))]
    return alternatives[0] if len(alternatives) == 1 and rng.random() < 0.5 else alternatives


def _conditions(rng: Random, selectors: dict[str, Rule]) -> Rule:
    return dict(_condition(rng, selectors) for _ in range(rng.choice([1, 1, 2])))


def _condition(rng: Random, selectors: dict[str, Rule]) -> tuple[str, Any]:
    if rng.random() < 0.25:
        above, below = (_numeric_measure(rng, selectors)[0] for _ in range(2))
        return f"{above} / {below}", _against(rng, [0, 0.5, 1, 1.5, 2, 100, 500])
    if rng.random() < 0.15:
        return _span(rng, selectors), _against(rng, [_minutes(rng, 0, 6)])
    if rng.random() < 0.15:
        return _last(rng, selectors)
    measure, values = _numeric_measure(rng, selectors)
    return measure, _against(rng, values)


def _against(rng: Random, values: list[Any]) -> Any:
    value = rng.choice(values)
    operator = rng.choice(["gte", "gte", "gte", "gt", "lte", "lt", "ne", "eq", None])
    return {operator: value} if operator else value


def _numeric_measure(rng: Random, selectors: dict[str, Rule]) -> tuple[str, list[Any]]:
    """A measure, and numbers worth comparing it with."""
    name = rng.choice(list(selectors))
    fields = _fields(_types_of(selectors[name]))
    if fields & NUMBERS and rng.random() < 0.5:
        field = _pick(rng, fields & NUMBERS)
        function = rng.choice(["sum", "sum", "max", "min"])
        return f"{function}({_dotted(name, field)})", [0, 3, 500, 1_000, 1_100, 2_000, 10_000]
    if rng.random() < 0.4:
        return f"distinct({_dotted(name, _pick(rng, fields))})", [0, 1, 2, 3]
    return f"count({name})" if name else "count", [0, 1, 2, 3, 4]


def _last(rng: Random, selectors: dict[str, Rule]) -> tuple[str, Any]:
    name = rng.choice(list(selectors))
    types = _types_of(selectors[name])
    field = _pick(rng, _fields(types))
    value = rng.choice(_values(types, field))
    return f"last({_dotted(name, field)})", rng.choice([value, {"eq": value}, {"ne": value}])


def _span(rng: Random, selectors: dict[str, Rule]) -> str:
    name = rng.choice(list(selectors))
    return f"span({name})" if name else "span"


def _dotted(name: str, field: str) -> str:
    return f"{name}.{field}" if name else field


# Sequence rules


def _sequence_rule(rng: Random, among: list[str]) -> Rule:
    sequence: Rule = {"steps": []}
    _maybe(rng, sequence, "within", lambda: _minutes(rng, 5, 30))
    for name in ["first", "second", "third", "fourth"][: rng.choice([2, 2, 2, 3, 3, 4])]:
        sequence["steps"].append(_step(rng, name, among, sequence))
    types = [kind for step in sequence["steps"] for kind in _types_of(step)]
    _maybe(rng, sequence, "same", lambda: [_tie(rng, types)], 0.2)
    rule: Rule = {"sequence": sequence}
    _maybe(
        rng, rule, "overrides", lambda: [_sequence_override(rng, sequence) for _ in range(rng.randint(1, 2))]
    )
    return rule


def _step(rng: Random, name: str, among: list[str], sequence: Rule) -> Rule:
    step: Rule = {"name": name} | _selector(rng, among, filtered=0.25)
    _maybe(rng, step, "at_least", lambda: rng.choice([1, 2, 2, 3]), 0.4)
    needs_within = "within" not in sequence or rng.random() < 0.4
    if needs_within and (sequence["steps"] or "at_least" in step):
        step["within"] = _minutes(rng, 2, 20)
    if "at_least" in step:
        _maybe(rng, step, rng.choice(["distinct", "same"]), lambda: _tie(rng, _types_of(step)), 0.7)
    if sequence["steps"]:
        _maybe(rng, step, "unless", lambda: _unless(rng, among, sequence["steps"][-1]), 0.5)
    _maybe(rng, step, "alert", lambda: _severity(rng), 0.25)
    return step


def _unless(rng: Random, among: list[str], before: Rule) -> Rule:
    unless = _selector(rng, among, filtered=0.25)
    _maybe(rng, unless, "before", lambda: _minutes(rng, 1, 5), 0.4)
    _maybe(rng, unless, "same", lambda: _tie(rng, _types_of(unless) + _types_of(before)), 0.4)
    return unless


def _sequence_override(rng: Random, sequence: Rule) -> Rule:
    step = rng.choice(sequence["steps"])
    of_step = {f"{step['name']}.{field}": wanted for field, wanted in _where(rng, _types_of(step), 1).items()}
    of_trigger = _where(rng, [kind for one in sequence["steps"] for kind in _types_of(one)], 1)
    return {"where": rng.choice([of_step, of_step, of_trigger]), "severity": _severity(rng)}


# Hypothesis: the same draws, made by its own source of randomness so that it can shrink them


def _draws() -> st.SearchStrategy[Random]:
    return st.randoms(use_true_random=False)


@st.composite
def events(draw: st.DrawFn, max_size: int = 25) -> list[Event]:
    """Events of one to three users, with ties in time and now and then a duplicate."""
    users = [f"u{i}" for i in range(1, draw(st.sampled_from([1, 1, 2, 3])) + 1)]
    drawn = draw(st.lists(_draws().map(lambda rng: _event(rng, users)), max_size=max_size))
    return _numbered(draw(_draws()), drawn)


def arrivals(of: list[Event], lateness_ms: int) -> st.SearchStrategy[list[Event]]:
    """Orders of arrival within the allowed lateness; see `random_arrival`."""
    return _draws().map(lambda rng: random_arrival(rng, of, lateness_ms))


def rules() -> st.SearchStrategy[list[Rule]]:
    """One to four rules over the whole language."""
    return _draws().map(random_rules)
