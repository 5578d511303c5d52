"""A run says, byte by byte, what an engine says that reads all events one after the other."""

import os
from contextlib import nullcontext
from random import Random

import msgspec
import pytest

from detector.config import StateSettings
from detector.core.lists import Members
from detector.replay.recorded.batch import Recorded
from detector.replay.run.backtest import Means, run
from detector.replay.run.limits import Limits
from detector.replay.run.rule_set import RuleSet

from ...properties.engine_runs import read_rules
from ...properties.random_rules import kinds_of, random_rules
from ...properties.streams import USERS, on_a_grid, random_events
from ...properties.vocabulary import MEMBERS
from .given import TINY, Shuffled, as_stream, in_parts, serial

STREAMS = int(os.environ.get("RUN_STREAMS", "60"))
FIRST_SEED = int(os.environ.get("RUN_FIRST_SEED", "0"))
NO_EVENTS = [
    b"{",
    b"7",
    b"null",
    b'{"user_id":"u1"}',
    b'{"user_id":5,"type":"debit"}',
    b'\xff{"user_id":"u1"}',
    b'{"type":"login","event_id":"x","event_time":1,"user_id":"u1","new_device":"no"}',
    b"[" * 2_000,
    b'{"type":"login","user_id":"' + b"u" * 300 + b'","event_id":"x","event_time":1,"new_device":true}',
]
TIERS: dict[str, Members] = {
    "user_tier": {"u1": "elderly", "u2": "minor"},
    "merchant_tier": {"m1": "A", "m2": "C"},
}


def _lines(rng: Random, kinds: list[str]) -> list[bytes]:
    """Events in any order, some too late, some known, among lines that are none."""
    users = [*USERS, "u\u00e9", *(f"v{number}" for number in range(rng.choice([0, 0, 20])))]
    times = on_a_grid(minutes=rng.choice([35, 150, 2_000]))
    found = random_events(rng, rng.choice([5, 40, 80]), times, kinds, users[: rng.randint(1, len(users))])
    if rng.random() < 0.3:
        found[0]["merchant_id"] = "m" * 300
    lines = [msgspec.json.encode(event) for event in found]
    for _ in range(rng.choice([0, 0, 4])):
        lines.insert(rng.randint(0, len(lines)), rng.choice(NO_EVENTS))
    return lines


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + STREAMS))
def test_alerts_and_numbers_are_those_of_a_serial_backtest(seed: int):
    rng = Random(seed)
    plain = [random_rules(rng) for _ in range(rng.choice([1, 1, 2, 3]))]
    sets = [RuleSet(f"set{number}", tuple(read_rules(rules))) for number, rules in enumerate(plain)]
    lines = _lines(rng, [kind for rules in plain for kind in kinds_of(rules)])
    lists: dict[str, Members] = dict(MEMBERS)
    lists |= rng.choice([{}, TIERS])
    state = StateSettings(history_cap=rng.choice([4, 5_000]))
    recorded = rng.choice([in_parts(rng, lines), as_stream(lines)])
    limits = rng.choice([TINY, TINY._replace(groups=1), TINY._replace(chunk=300), Limits()])
    means = Means(executor=nullcontext(Shuffled(rng)), limits=limits)

    with run(recorded, sets, state, lists, means=means) as result:
        for rule_set in sets:
            alerts, summary = serial(rule_set.rules, lines, state, lists)
            assert list(result.lines(rule_set.name)) == alerts
            found = result.summaries[rule_set.name]
            summary.seconds = found.seconds
            assert found == summary


def test_nothing_comes_of_nothing():
    for recorded in (Recorded((), None, 0), as_stream([])):
        with run(recorded, [RuleSet("candidate", ())], StateSettings(), {}) as result:
            assert (list(result.lines("candidate")), result.summary.events) == ([], 0)
