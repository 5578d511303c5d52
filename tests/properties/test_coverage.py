"""The random rules and streams use the whole language, and to effect: without it others would alert."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from random import Random

from detector.core.events import EVENT_TYPES, FIELDS
from detector.core.rule import OF_LISTS, MeasureKind, Mode, Operator

from . import twin
from .engine_runs import LATENESS
from .random_rules import kinds_of, random_rules
from .streams import SHAPES, random_arrival, random_events
from .variants import variants
from .vocabulary import LISTS, fields_of

SEEDS = range(500)  # as many as test_meaning.py takes
ENOUGH = 8
"""On so many streams a feature must matter: other events, or others' alerts, without it."""

MEASURES = [kind.value for kind in MeasureKind]
OPERATORS = [operator.value for operator in Operator if operator is not Operator.EXISTS]
REPLACEABLE = ("severity", "action", "explanation")
STEPS = ("a step", "the first step")

FEATURES = {
    *(f"where {name}" for name in (*OPERATORS, "value", "list", "exists True", "exists False")),
    *(f"when {name}" for name in (*OPERATORS, "value", "list") if name not in OF_LISTS),
    *(f"measure {kind}" for kind in (*MEASURES, "ratio")),
    *(f"measure {kind} in a ratio" for kind in MEASURES if kind != "span"),
    *(f"mode {mode.value}" for mode in Mode),
    *(f"{name} of a rule" for name in REPLACEABLE),
    *(f"types of {of}" for of in ("a window", "a named selector", "a step", "unless")),
    *(f"where of {of}" for of in ("a window", "a named selector", "a step", "unless")),
    *(f"{name} in an override of a window" for name in ("when", *REPLACEABLE)),
    *(f"{name} in an override of a sequence" for name in REPLACEABLE),
    *(f"where of an override of a {kind}" for kind in ("window", "sequence")),
    *(f"order of overrides of a {kind}" for kind in ("window", "sequence")),
    *(f"bound of {of}" for of in ("a window", "a named selector", "before", "a sequence", *STEPS)),
    *(f"within of {of}" for of in ("a named selector", "a sequence", *STEPS)),
    *(f"{name} of {of}" for name in ("at_least", "distinct", "same") for of in STEPS),
    *(f"unless with {options}" for options in ("nothing more", "before", "same", "before and same")),
    *(f"{name} of unless" for name in ("before", "bound of before", "same")),
    *(f"same of a sequence, {n} fields" for n in (1, 2)),
    *(f"{n} steps" for n in (1, 2, 3, 4)),
    *(f"by {what}" for what in ("merchant_id", "2 fields", "3 fields")),
    *("alternatives", "before", "step.field", "alert of a step", "several alerting steps"),
}


def draws(seeds: Iterable[int]) -> Iterator[tuple[twin.Rule, list[twin.Event]]]:
    for seed in seeds:
        rng = Random(seed)
        rules = random_rules(rng)
        for rule in rules:
            yield rule, random_events(rng, 40, rng.choice(SHAPES), kinds_of(rules))


def test_every_feature_of_the_language_is_drawn_and_matters():
    matters = dict.fromkeys(FEATURES, 0)
    for rule, events in draws(SEEDS):
        found = twin.anchors(rule, events, LISTS)
        for feature, variant in variants(rule):
            if matters[feature] < ENOUGH:
                matters[feature] += twin.anchors(variant, events, LISTS) != found
    assert {feature: n for feature, n in matters.items() if n < ENOUGH} == {}


def test_every_type_and_field_of_the_contract_is_drawn():
    assert {kind: set(fields) - {"event_id", "event_time", "user_id"} for kind, fields in FIELDS.items()} == {
        kind: set(fields_of(kind)) for kind in EVENT_TYPES
    }


def test_cooldowns_of_every_kind_have_anchors_to_join_or_keep_apart():
    joined, alone = Counter(), Counter()
    for rule, events in draws(SEEDS[:200]):
        found = twin.anchors(rule, events, LISTS)
        cooldown = rule.get("cooldown", "default")
        joined[cooldown] += len(found) - len(twin.standing(rule, found))
        alone[cooldown] += len(twin.standing(rule, found))
    assert min(alone.values()) > 50
    assert {cooldown for cooldown, n in joined.items() if n > 20} >= alone.keys() - {"0s"}
    assert {"0s", "default"} < alone.keys()


def test_streams_hold_ties_duplicates_nulls_and_events_of_every_lateness():
    seen: Counter[str] = Counter()
    for seed in SEEDS[:200]:
        rng = Random(seed)
        arrived = random_arrival(rng, random_events(rng, 40, rng.choice(SHAPES)), LATENESS)
        newest = 0
        ids: dict[int, set[str]] = defaultdict(set)
        for event in arrived:
            seen["duplicate"] += event["event_id"] in ids[event["event_time"]]
            seen["tie"] += bool(ids[event["event_time"]] - {event["event_id"]})
            seen["null"] += None in event.values()
            seen["unknown field"] += "not_in_the_contract" in event
            newest = max(newest, event["event_time"])
            seen["late"] += event["event_time"] < newest
            seen["as late as allowed"] += newest - event["event_time"] == LATENESS
            ids[event["event_time"]].add(event["event_id"])
    assert min(seen.values()) > 50, seen
    assert len(seen) == 6
