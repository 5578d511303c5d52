"""Events that come later than allowed: what becomes of them, and what they raise over what is still kept."""

from collections import Counter
from random import Random

from .agreement import Agreement, proven
from .random_rules import kinds_of, random_rules
from .streams import MINUTE, on_a_grid, random_arrival, random_events


def test_an_event_of_any_lateness_is_looked_at_as_far_as_events_like_it_are_kept():
    seen: Counter[str] = Counter()
    for seed in range(100):
        rng = Random(seed)
        rules = random_rules(rng)
        happened = random_events(rng, 50, on_a_grid(150), kinds_of(rules), ["u1"])
        arrived = random_arrival(rng, happened, rng.choice([15, 30, 60]) * MINUTE)
        proven(lambda of, some: seen.update(of.however_late(some)), Agreement(rules), arrived, seed)
    assert min(seen.values()) > 10, seen
    assert len(seen) == 6
