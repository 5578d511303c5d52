"""What lint calls impossible never happens: without it, a rule has the same anchors over any events.

Every finding in random rules is put to the test. The part that it is about is taken out of the rule, or
watched by itself, and the twin, which knows nothing of the analysis, must find the same anchors, or none.
"""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

from hypothesis import given, settings

from detector.core.rule import Operator, Selector
from detector.core.rule import Rule as ReadRule
from detector.rules.analysis.finding import Finding
from detector.rules.analysis.rules import findings_of
from detector.rules.analysis.selection import selection

from .engine_runs import read_rules
from .random_rules import Rule, kinds_of, random_rules, rules
from .streams import Event, events, random_events
from .twin import anchors
from .vocabulary import LISTS

STREAMS = 2
KINDS = {
    "advice": 100,
    "a selector": 80,
    "a condition on a field": 20,
    "a condition on a measure": 50,
    "an alternative": 80,
    "a repeated alternative": 40,
    "an override": 100,
    "an override that always matches": 10,
    "a step": 40,
    "steps after the last alert": 4,
    "an unless": 100,
    "a bound": 60,
}
"""What is found in bulk, and how often at least it must have been put to the test."""


@given(rules(), events())
@settings(max_examples=150, deadline=None, derandomize=True, print_blob=True)
def test_what_is_called_impossible_never_happens(written, happened):
    for rule, read in zip(written, read_rules(written), strict=True):
        for finding in findings_of(read):
            check(rule, read, finding, happened)


def test_what_is_called_impossible_never_happens_in_bulk():
    tried: Counter[str] = Counter()
    for seed in range(300):
        rng = Random(seed)
        written = [narrowed(rng, rule) for rule in random_rules(rng)]
        for rule, read in zip(written, read_rules(written), strict=True):
            found = findings_of(read)
            kinds = kinds_of([rule])
            for happened in [random_events(rng, 40, kinds=kinds) for _ in range(STREAMS if found else 0)]:
                tried.update(check(rule, read, finding, happened) for finding in found)
    assert tried.keys() == KINDS.keys()
    assert all(tried[kind] >= least for kind, least in KINDS.items()), tried


def narrowed(rng: Random, rule: Rule) -> Rule:
    """The rule with conditions, bounds and fields that come nearer to contradicting each other."""
    rule = {**deepcopy(rule), "mode": "live"}
    parts = steps_of(rule) or list(rule["window"].get("select", {"": rule["window"]}).values())
    for part in [*parts, *(step["unless"] for step in parts if "unless" in step)]:
        for field, wanted in part.get("where", {}).items():
            if rng.random() < 0.2:
                part["where"][field] = rng.choice([NEARLY_ALL, NEARLY_NONE]).get(field, wanted)
    if "window" in rule and rng.random() < 0.2:
        first = listed(rule["when"])[0]
        rule["when"] = [first, rng.choice([first, {**first, a_count(rule): {"gte": 2}}])]
    for step in steps_of(rule):
        if "unless" in step and rng.random() < 0.3:
            step["unless"]["before"] = rng.choice(["10m", "20m", "30m"])
    return rule


NEARLY_ALL = {"amount": {"gte": 0}, "auth_method": {"exists": True}, "new_device": [True, False]}
NEARLY_NONE = {
    "amount": {"gt": 100, "lt": 101},
    "auth_method": {"eq": "otp", "ne": "otp"},
    "result": {"exists": False},
}


# The kinds of findings


def check(rule: Rule, read: ReadRule, finding: Finding, happened: list[Event]) -> str:
    """Fail where a finding is wrong for these events; gives the kind of what was found."""
    path = finding.path
    if path[0] == "overrides" and "when" not in path:
        return check_override(rule, finding, happened)
    if "when" in path:
        return check_when(rule, finding, happened)
    if path[-1] in OPERATORS or path[-2] == "event":
        return check_selector(rule, read, finding, happened)
    return check_sequence(rule, finding, happened)


OPERATORS = set(Operator)


def check_selector(rule: Rule, read: ReadRule, finding: Finding, happened: list[Event]) -> str:
    *to_part, where, field, operator = (
        finding.path if finding.path[-1] in OPERATORS else (*finding.path, None)
    )
    if finding.is_warning:
        changed = changed_at(rule, tuple(to_part), lambda part: drop_condition(part[where], field, operator))
        assert same(rule, changed, happened), finding
        return "a condition on a field"
    part = part_at(rule, tuple(to_part))
    same_fields = [*listed(rule.get("sequence", {}).get("same", [])), *listed(part.get("same", []))]
    if "unless" in to_part:
        same_fields = listed(part.get("same", []))
    selector = _read_at(read, tuple(to_part))
    dead = set(listed(part["event"])) - set(selection(selector, [*read.by, *same_fields]))
    assert dead
    for event_type in dead:
        alone = {"name": "a", "event": event_type, "where": part.get("where", {})}
        watched = {"id": "r", "by": rule["by"], "sequence": {"same": same_fields, "steps": [alone]}}
        assert anchors(watched, happened, LISTS) == [], finding
    return "a selector"


def check_when(rule: Rule, finding: Finding, happened: list[Event]) -> str:
    at = finding.path.index("when")
    holder, (number, *condition) = finding.path[:at], finding.path[at + 1 :]
    if finding.is_warning and condition:
        name, operator = condition

        def without(part: Rule) -> None:
            part["when"] = listed(part["when"])
            drop_condition(part["when"][number], name, operator)
            part["when"][number] = part["when"][number] or {a_count(rule): {"gte": 0}}

        assert same(rule, changed_at(rule, holder, without), happened), finding
        return "a condition on a measure"

    def never(part: Rule) -> None:
        part["when"] = listed(part["when"])
        part["when"][number] = {a_count(rule): {"lt": 0}}

    assert same(rule, changed_at(rule, holder, never), happened), finding
    return "a repeated alternative" if finding.is_warning else "an alternative"


def check_override(rule: Rule, finding: Finding, happened: list[Event]) -> str:
    number = finding.path[1]
    changed = deepcopy(rule)
    if finding.is_warning:
        changed["overrides"][number]["where"] = {"event_id": {"exists": True}}
    else:
        del changed["overrides"][number]
    assert same(rule, changed, happened), finding
    return "an override that always matches" if finding.is_warning else "an override"


def check_sequence(rule: Rule, finding: Finding, happened: list[Event]) -> str:
    path = finding.path
    if path == ("sequence", "within"):
        assert same(rule, changed_at(rule, ("sequence",), lambda part: part.pop("within")), happened), finding
        return "a bound"
    number, rest = path[2], path[3:]
    steps = steps_of(rule)
    if not rest:
        changed = changed_at(rule, ("sequence",), lambda part: part.update(steps=steps[:number]))
        assert same(rule, changed, happened), finding
        return "steps after the last alert"
    if rest == ("within",) and "0s" not in finding.message:
        assert same(rule, changed_at(rule, path[:3], lambda part: part.pop("within")), happened), finding
        return "a bound"
    if finding.is_warning:
        return "advice"
    if rest[0] == "unless" and len(rest) > 1:
        assert same(rule, changed_at(rule, path[:3], lambda part: part.pop("unless")), happened), finding
        return "an unless"
    dead = {step["name"] for step in steps[number:]}
    alerting = deepcopy(rule)
    for step in alerting["sequence"]["steps"]:
        step["alert"] = "low"
    assert not any(anchor.step in dead for anchor in anchors(alerting, happened, LISTS)), finding
    return "a step"


# Rules as mappings


def same(one: Rule, other: Rule, happened: list[Event]) -> bool:
    """Whether two rules have the same anchors; of what was measured there they may tell different parts."""
    first, second = (
        [anchor._replace(measures={}) for anchor in anchors(rule, happened, LISTS)] for rule in (one, other)
    )
    return first == second


def steps_of(rule: Rule) -> list[Rule]:
    return rule.get("sequence", {}).get("steps", [])


def listed(one_or_more: Any) -> list[Any]:
    return list(one_or_more) if isinstance(one_or_more, list) else [one_or_more]


def a_count(rule: Rule) -> str:
    names = list(rule["window"].get("select", {}))
    return f"count({names[0]})" if names else "count"


def part_at(rule: Rule, path: tuple[Any, ...]) -> Rule:
    for key in path:
        rule = rule[key]
    return rule


def changed_at(rule: Rule, path: tuple[Any, ...], change: Callable[[Rule], object]) -> Rule:
    """A copy of the rule in which the part at the path was changed."""
    changed = deepcopy(rule)
    change(part_at(changed, path))
    return changed


def drop_condition(conditions: Rule, name: str, operator: str) -> None:
    """Take one comparison out, and the whole condition where it is the only one."""
    wanted = conditions[name]
    if isinstance(wanted, dict):
        del wanted[operator]
    if not isinstance(wanted, dict) or not wanted:
        del conditions[name]


def _read_at(read: ReadRule, path: tuple[Any, ...]) -> Selector:
    if path[0] == "window":
        return read.body.watches[path[2] if len(path) > 2 else ""].selector
    step = read.body.steps[path[2]]
    return step.unless.selector if "unless" in path else step.selector
