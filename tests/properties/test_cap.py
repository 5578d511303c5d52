"""The cap of a history: up to it everything is exact; beyond it, what does not call itself approximate."""

from collections import Counter
from random import Random
from typing import Any

from . import twin
from .agreement import Agreement, proven
from .engine_runs import LATENESS
from .random_rules import kinds_of, random_rules
from .streams import START, on_a_grid, random_arrival, random_events, tied

CAP = 20
SEEDS = range(60)


def full_to_the_cap(rng: Random, rules: list[dict[str, Any]], n: int) -> list[dict[str, Any]]:
    """Events of one key of which never more than the cap are kept, and nearly that many always."""
    kept_for = max(map(twin.span_of, rules)) + LATENESS
    step = kept_for // CAP + 1
    times = iter([START + number * step for number in range(n)])
    return random_events(rng, n, lambda _: next(times), kinds_of(rules), ["u1"])


def test_up_to_the_cap_everything_is_what_the_twin_finds():
    found_in_all = 0

    def check(of: Agreement, arrived: list[dict[str, Any]]) -> None:
        nonlocal found_in_all
        found = of.found_by_twin(arrived)
        found_in_all += sum(map(len, found.values()))
        of.in_order(arrived, found)
        of.stopped_and_resumed(arrived, 7, of.as_it_arrives(arrived, found))

    for seed in SEEDS:
        rng = Random(seed)
        rules = random_rules(rng)
        agreement = Agreement(rules, CAP)
        for happened in (
            full_to_the_cap(rng, rules, 100),
            random_events(rng, CAP, tied(), kinds_of(rules), ["u1"]),
            random_events(rng, CAP, on_a_grid(10), kinds_of(rules), ["u1"]),
        ):
            proven(check, agreement, random_arrival(rng, happened, LATENESS), seed)
    assert found_in_all > 5_000


def test_beyond_the_cap_what_does_not_call_itself_approximate_is_so():
    seen: Counter[bool] = Counter()
    for seed in SEEDS:
        rng = Random(seed)
        rules = random_rules(rng)
        times = rng.choice([tied(), on_a_grid(10), on_a_grid(60)])
        happened = random_events(rng, 100, times, kinds_of(rules), ["u1"])
        arrived = random_arrival(rng, happened, LATENESS)
        proven(lambda of, some: seen.update(of.beyond_the_cap(some)), Agreement(rules, CAP), arrived, seed)
    assert min(seen[False], seen[True]) > 500, seen


def test_beyond_the_cap_what_rests_on_no_more_than_the_cap_is_found_and_exact():
    for seed in SEEDS:
        rng = Random(seed)
        rules = random_rules(rng)
        happened = random_events(rng, 200, on_a_grid(200), kinds_of(rules), ["u1"])
        proven(
            lambda of, some: of.in_reach(some, of.found_by_twin(some)), Agreement(rules, CAP), happened, seed
        )
