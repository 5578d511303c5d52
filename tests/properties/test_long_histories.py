"""Long histories of one key, where the engine forgets, searches and keeps running measures."""

from random import Random
from typing import Any

from .agreement import Agreement, proven
from .engine_runs import LATENESS
from .random_rules import kinds_of, random_rules
from .streams import on_a_grid, random_arrival, random_events

SEEDS = range(24)


def with_late_copies(rng: Random, arrived: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each tenth event once more, anywhere after itself: perhaps when it is forgotten."""
    copied = list(arrived)
    for event in rng.sample(arrived, len(arrived) // 10):
        copied.insert(rng.randint(copied.index(event) + 1, len(copied)), event)
    return copied


def test_a_long_history_alerts_as_the_twin_does_however_it_arrives_and_is_resumed():
    found_in_all = 0
    for seed in SEEDS:
        rng = Random(seed)
        rules = random_rules(rng)[:2]
        n = rng.randint(200, 600)
        # From one to eight events a minute, over spans of 1 to 20 minutes: a few in each, or over a hundred.
        times = on_a_grid(minutes=n // rng.choice([1, 2, 4, 8]))
        users = rng.choice([["u1"], ["u1"], ["u1", "u2"]])
        happened = random_events(rng, n, times, kinds_of(rules), users)
        arrived = with_late_copies(rng, random_arrival(rng, happened, LATENESS))

        def check(of: Agreement, some: list[dict[str, Any]]) -> None:
            nonlocal found_in_all
            found = of.found_by_twin(some)
            found_in_all += sum(map(len, found.values()))
            of.in_order(some, found)
            alerts = of.as_it_arrives(some, found)
            of.stopped_and_resumed(some, len(some) // 5, alerts)

        proven(check, Agreement(rules), arrived, seed)
    assert found_in_all > 5_000
