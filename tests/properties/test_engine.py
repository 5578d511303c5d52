"""The engine against the twin: whatever arrives, however it arrives, the same alerts stand in the end."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from detector.core import dispatch, window
from detector.core import history as history_module
from detector.core.alert import Alert, Status
from detector.core.deciding import Deciding
from detector.core.engine import Engine
from detector.core.history import Entry, History, Source
from detector.core.rule import Rule
from detector.stream.histories import Histories
from detector.stream.scopes import Scopes

from ..core.given import saved
from .engine_runs import CAP, LATENESS, decoded, observe_all, read_rules, standing
from .fragile import fragile_stream
from .random_rules import random_rules
from .streams import MINUTE, random_arrival, random_events
from .twin import anchors, standing_alerts
from .vocabulary import LISTS, MEMBERS

Draw = tuple[list[dict[str, Any]], list[Rule], list[dict[str, Any]]]

TOPIC = "payments"
HOUR = 60 * MINUTE


def position(event: dict[str, Any]) -> tuple[int, str]:
    return event["event_time"], event["event_id"]


@pytest.fixture(scope="module")
def draw() -> Callable[..., Draw]:
    """Rules as written and as read, and events in an arrival order within the allowed lateness."""

    def drawn(seed: int, n: int = 40, in_order: bool = False, **fixed: str) -> Draw:
        rng = Random(seed)
        written = [rule | fixed for rule in random_rules(rng)]
        happened = random_events(rng, n)
        arrived = sorted(happened, key=position) if in_order else random_arrival(rng, happened, LATENESS)
        return written, read_rules(written), arrived

    return drawn


@pytest.fixture(scope="module")
def fragile() -> Callable[..., Draw]:
    """The fragile rules, and events of one user in an arrival order within the allowed lateness."""

    def drawn(seed: int, cooldown: str) -> Draw:
        written, arrived = fragile_stream(Random(seed), cooldown)
        return written, read_rules(written), arrived

    return drawn


def test_a_standing_alert_names_an_event_that_makes_the_rule_hold(fragile):
    # A period has many anchors: one may fall while the alert stands, and must then no longer be named.
    named_anew = cannot_be_named = 0
    for seed in range(100):
        written, read, arrived = fragile(seed, cooldown="1h")
        holding: dict[Any, dict[str, int]] = defaultdict(dict)
        for rule in written:
            for one in anchors(rule, arrived, LISTS):
                holding[rule["id"], one.severity, one.event_time // HOUR][one.event_id] = one.event_time
        for alert in {alert.alert_id: alert for alert in observe_all(read, arrived)}.values():
            if alert.status is Status.WITHDRAWN:
                continue
            named_anew += alert.revision > 1
            others = holding[alert.rule_id, alert.severity, alert.event_time // HOUR]
            if alert.anchor.event_id not in others:
                # What older anchors rest on may be forgotten, so that nothing can be said of them.
                newest = max(event["event_time"] for event in arrived)
                assert max(others.values()) < newest - LATENESS, f"seed {seed}"
                cannot_be_named += 1
    assert named_anew > 50 > 20 * cannot_be_named


# Stopped and resumed


class Disk:
    """The stored bytes of each key: what a state store is to histories."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}
        self.rewrites = 0

    async def load_many(self, wanted: Mapping[int, Sequence[str]]) -> dict[int, list[bytes | None]]:
        return {partition: [self.data.get(key) for key in keys] for partition, keys in wanted.items()}

    def save(self, histories: Histories, key: str) -> None:
        for write in histories.writes_of(0, [key]):
            self.data[key] = write.data if write.replace else self.data.get(key, b"") + write.data
            self.rewrites += write.replace


async def observe_and_restart(
    read: list[Rule], arrived: list[dict[str, Any]], disk: Disk, rng: Random
) -> list[Alert]:
    """Every alert where each event is appended to what is stored, and memory is lost now and then."""
    scopes = Scopes([TOPIC], 1, Deciding(read, MEMBERS, LATENESS, CAP))
    histories = Histories(disk, scopes, keep_after=1, most_events=6)
    alerts: list[Alert] = []
    for offset, event in enumerate(map(decoded, arrived)):
        key = scopes.user.key(event)
        if rng.random() < 0.2:
            histories.clear()
        await histories.load({0: [key]})
        entry = Entry(event, Source(TOPIC, 0, offset))
        alerts += scopes.user.engine.observe(histories.of(0)[key], entry, event.event_time).alerts
        disk.save(histories, key)
        histories.forget_surplus()
    return alerts


def told(alerts: list[Alert]) -> list[tuple[str, str, int, str]]:
    return [(alert.alert_id, alert.status, alert.revision, alert.anchor.event_id) for alert in alerts]


async def test_histories_that_are_stored_by_appending_go_on_as_before_after_a_restart(draw, fragile):
    rewrites = 0
    for seed in range(100):
        cooldown = ["0s", "10m", "1h"][seed % 3]
        for _, read, arrived in (draw(seed, n=60, by="user_id", cooldown=cooldown), fragile(seed, cooldown)):
            disk = Disk()
            alerts = await observe_and_restart(read, arrived, disk, Random(seed))
            assert told(alerts) == told(observe_all(read, arrived)), f"seed {seed}"
            rewrites += disk.rewrites
    assert rewrites > 20


def test_a_restart_beyond_the_cap_changes_nothing(draw):
    # What is found there is approximate, but not a matter of when a worker stopped.
    folded = 0
    for seed in range(100):
        _, read, arrived = draw(seed, by="user_id")
        engine, stopped, stored = Engine(read, LATENESS, 4, LISTS), History(), []
        history = History()
        for event in map(decoded, arrived):
            if event.user_id != "u1":
                continue
            if len(stored) % 3 == 0:
                stopped = History()
                for item in deepcopy(stored):
                    stopped.restore(item)
                engine.settle(stopped)
            found = engine.observe(history, Entry(event, None), event.event_time)
            assert engine.observe(stopped, Entry(event, None), event.event_time) == found, f"seed {seed}"
            stored = saved(stopped, stored)
        folded += history.folded is not None
    assert folded > 50


def test_a_history_that_is_searched_gives_the_alerts_of_one_that_is_looked_through(draw, monkeypatch):
    for module in (dispatch, history_module, window):
        monkeypatch.setattr(module, "SHORT", 0)
    found = 0
    for seed in range(300):
        written, read, arrived = draw(seed)
        expected = standing_alerts(written, arrived, LISTS)
        assert standing(read, observe_all(read, arrived)) == expected, f"seed {seed}"
        found += len(expected)
    assert found > 1_000


# Duplicates


def with_copies(rng: Random, arrived: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each third event once more, anywhere after itself, now and then with other values."""
    copied = list(arrived)
    for event in arrived:
        if rng.random() < 0.3:
            again = event | rng.choice([{}, {"user_tier": "minor"}, {"event_time": event["event_time"] - 1}])
            copied.insert(rng.randint(copied.index(event) + 1, len(copied)), again)
    return copied


def test_a_copy_of_an_event_anywhere_after_it_changes_nothing(draw):
    for seed in range(150):
        _, read, arrived = draw(seed)
        doubled = with_copies(Random(seed), arrived)
        assert observe_all(read, doubled) == observe_all(read, arrived), f"seed {seed}"


# Revisions


def by_alert_id(alerts: list[Alert]) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        found[alert.alert_id].append(alert)
    return found


def test_the_revisions_of_an_alert_tell_one_story(fragile):
    steps: Counter[tuple[Status, Status]] = Counter()
    for seed in range(100):
        written, read, arrived = fragile(seed, cooldown=["0s", "5m", "10m"][seed % 3])
        stories = by_alert_id(observe_all(read, arrived))
        for revisions in stories.values():
            assert [alert.revision for alert in revisions] == list(range(1, len(revisions) + 1)), (
                f"seed {seed}"
            )
            assert revisions[0].status is Status.RAISED, f"seed {seed}"
            for before, after in pairwise(revisions):
                steps[before.status, after.status] += 1
                if before.status is after.status:
                    assert before.anchor != after.anchor, f"seed {seed}: published again for nothing"
                if after.status is Status.WITHDRAWN:
                    assert before.anchor == after.anchor, f"seed {seed}: withdrawn under another name"
        left = [revisions[-1] for revisions in stories.values()]
        assert standing(read, left) == standing_alerts(written, arrived, LISTS), f"seed {seed}"
    raised, withdrawn = Status.RAISED, Status.WITHDRAWN
    assert steps[withdrawn, withdrawn] == 0
    assert min(steps[raised, withdrawn], steps[withdrawn, raised], steps[raised, raised]) > 10
