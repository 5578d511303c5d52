"""The meaning of the rules, over thousands of random streams: the engine finds what the twin finds.

Each seed draws rules, and a few streams of events for them. A failure names its seed and the smallest rules
and events that fail alike. For a long run:

    TWIN_STREAMS=20000 TWIN_FIRST_SEED=100000 python -m pytest tests/properties/test_meaning.py --timeout=0
"""

import os
from collections import Counter
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.alert import Status

from .agreement import Agreement, proven
from .engine_runs import LATENESS
from .random_rules import kinds_of, random_rules, rules
from .streams import SHAPES, arrivals, events, random_arrival, random_events

STREAMS = int(os.environ.get("TWIN_STREAMS", "2000"))
STREAMS_OF_A_SEED = 4
FIRST_SEED = int(os.environ.get("TWIN_FIRST_SEED", "0"))
SEEDS = range(FIRST_SEED, FIRST_SEED + STREAMS // STREAMS_OF_A_SEED)


def random_stream(rng: Random, rules: list[dict[str, Any]], n: int) -> list[dict[str, Any]]:
    """Events for the rules, in an order of arrival within the allowed lateness."""
    happened = random_events(rng, n, rng.choice(SHAPES), kinds_of(rules))
    return random_arrival(rng, happened, LATENESS)


def test_every_stream_leaves_what_the_twin_finds_however_it_arrives():
    seen: Counter[str] = Counter()

    def check(of: Agreement, arrived: list[dict[str, Any]]) -> None:
        found = of.found_by_twin(arrived)
        of.in_order(arrived, found)
        alerts = of.as_it_arrives(arrived, found)
        seen["anchors"] += sum(map(len, found.values()))
        seen["withdrawn"] += sum(alert.status is Status.WITHDRAWN for alert in alerts)
        seen["raised again"] += sum(alert.status is Status.RAISED and alert.revision > 1 for alert in alerts)

    for seed in SEEDS:
        rng = Random(seed)
        drawn = random_rules(rng)
        agreement = Agreement(drawn)
        for _ in range(STREAMS_OF_A_SEED):
            proven(check, agreement, random_stream(rng, drawn, rng.choice([20, 40, 60])), seed)
    print(f"{len(SEEDS) * STREAMS_OF_A_SEED} streams from seed {FIRST_SEED} on: {dict(seen)}")
    assert seen["anchors"] > 100 * len(SEEDS)
    assert min(seen["withdrawn"], 3 * seen["raised again"]) > len(SEEDS)


def test_a_history_that_is_stopped_and_resumed_alerts_as_one_that_is_not():
    for seed in SEEDS:
        rng = Random(seed)
        drawn = random_rules(rng)
        after = rng.choice([1, 2, 3, 5])
        arrived = random_stream(rng, drawn, 40)
        proven(lambda of, some, n=after: of.stopped_and_resumed(some, n), Agreement(drawn), arrived, seed)


def test_after_every_event_what_the_twin_finds_so_far_stands():
    for seed in SEEDS[::5]:
        rng = Random(seed)
        drawn = random_rules(rng)
        proven(Agreement.at_every_event, Agreement(drawn), random_stream(rng, drawn, 25), seed)


@given(st.data(), rules())
@settings(max_examples=100, deadline=None, derandomize=True, print_blob=True)
def test_hypothesis_finds_no_stream_that_differs(data, drawn):
    arrived = data.draw(arrivals(data.draw(events()), LATENESS))
    agreement = Agreement(drawn)
    found = agreement.found_by_twin(arrived)
    agreement.in_order(arrived, found)
    agreement.as_it_arrives(arrived, found)
