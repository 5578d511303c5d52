"""The engine against the twin: whatever arrives, however it arrives, the same alerts stand in the end."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.alert import Alert, Status
from detector.core.engine import Engine
from detector.core.history import Entry, History, Source
from detector.core.rule import Rule
from detector.state.codec import Codec, Tail
from detector.stream.histories import Histories

from ..core.given import saved
from .engine_runs import CAP, LATENESS, decoded, observe_all, read_rules, standing
from .streams import arrivals, events, random_arrival, random_events, random_rules, rules
from .twin import Anchor, anchors, standing_alerts

Draw = tuple[list[dict[str, Any]], list[Rule], list[dict[str, Any]]]

TOPIC = "payments"

FRAGILE: list[dict[str, Any]] = [
    {"window": {"event": "debit", "within": "8m"}, "when": {"count": 2}},
    {
        "window": {"event": ["debit", "transfer"], "within": "10m"},
        "when": {"last(auth_method)": {"ne": "none"}},
    },
    {
        "window": {"within": "10m", "select": {"out": {"event": "debit"}, "back": {"event": "login"}}},
        "when": {"count(back) / count(out)": {"lt": 0.5}, "count(out)": {"gte": 2}},
        "overrides": [{"where": {"user_tier": "minor"}, "severity": "critical"}],
    },
    {
        "sequence": {
            "steps": [
                {"name": "start", "event": "remote_session_started"},
                {
                    "name": "pay",
                    "event": ["debit", "transfer", "instalment"],
                    "within": "20m",
                    "unless": {"event": ["face_verification", "remote_session_ended"]},
                },
            ]
        },
    },
    {
        "sequence": {
            "within": "20m",
            "steps": [
                {"name": "login", "event": "login", "alert": "low"},
                {"name": "face", "event": "face_verification", "unless": {"event": "sms_sync_enabled"}},
                {
                    "name": "pay",
                    "event": "debit",
                    "at_least": 2,
                    "unless": {"event": "login", "before": "1m"},
                },
            ],
        },
        "overrides": [{"where": {"login.new_device": True}, "severity": "high"}],
    },
]
"""Rules whose alerts fall easily: a late event takes away what they rest on."""

FRAGILE_TYPES = {
    "debit",
    "transfer",
    "login",
    "remote_session_started",
    "remote_session_ended",
    "face_verification",
    "sms_sync_enabled",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules")


def position(event: dict[str, Any]) -> tuple[int, str]:
    return event["event_time"], event["event_id"]


@pytest.fixture(scope="module")
def draw(folder: Path) -> Callable[..., Draw]:
    """Rules as written and as read, and events in an arrival order within the allowed lateness."""

    def drawn(seed: int, n: int = 40, in_order: bool = False, **fixed: str) -> Draw:
        rng = Random(seed)
        written = [rule | fixed for rule in random_rules(rng)]
        happened = random_events(rng, n)
        arrived = sorted(happened, key=position) if in_order else random_arrival(rng, happened, LATENESS)
        return written, read_rules(folder, written), arrived

    return drawn


@pytest.fixture(scope="module")
def fragile(folder: Path) -> Callable[..., Draw]:
    """The fragile rules, and events of one user in an arrival order within the allowed lateness."""

    def drawn(seed: int, cooldown: str) -> Draw:
        rng = Random(seed)
        written = [
            {"id": f"fragile-{number}", "by": "user_id", "cooldown": cooldown} | rule
            for number, rule in enumerate(FRAGILE)
        ]
        one_user = [
            event | {"user_id": "u1"} for event in random_events(rng, 50) if event["type"] in FRAGILE_TYPES
        ]
        return written, read_rules(folder, written), random_arrival(rng, one_user, LATENESS)

    return drawn


@given(st.data(), rules())
@settings(max_examples=200, deadline=None, derandomize=True, print_blob=True)
def test_any_arrival_leaves_the_alerts_that_the_twin_finds(folder, data, written):
    arrived = data.draw(arrivals(data.draw(events()), LATENESS))
    read = read_rules(folder, written)
    assert standing(read, observe_all(read, arrived)) == standing_alerts(written, arrived)


@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "permuted"])
def test_bulk_streams_leave_the_alerts_that_the_twin_finds(draw, in_order):
    found = 0
    for seed in range(400):
        written, read, arrived = draw(seed, in_order=in_order)
        expected = standing_alerts(written, arrived)
        assert standing(read, observe_all(read, arrived)) == expected, f"seed {seed}"
        found += len(expected)
    assert found > 1_500


def test_a_standing_alert_names_an_event_that_makes_the_rule_hold(fragile):
    # A period has many anchors: one may fall while the alert stands, and must then no longer be named.
    named_anew = 0
    for seed in range(100):
        written, read, arrived = fragile(seed, cooldown="1h")
        held = {
            (rule["id"], anchor.event_id, anchor.severity)
            for rule in written
            for anchor in anchors(rule, arrived)
        }
        for revisions in by_alert_id(observe_all(read, arrived)).values():
            last = revisions[-1]
            if last.status is Status.RAISED:
                assert (last.rule_id, last.anchor.event_id, last.severity) in held, f"seed {seed}"
                named_anew += last.revision > 1
    assert named_anew > 20


# Stopped and resumed


def through_contents(rng: Random) -> Callable[[Engine, History], History]:
    """Now and then a history is written out whole, read back and settled."""
    codec = Codec([TOPIC], "user_id")

    def between(engine: Engine, history: History) -> History:
        if not history.entries or rng.random() < 0.7:
            return history
        stored = codec.encode(history.contents(), Tail())
        restored = codec.decode(stored, 0, history.entries[0].event.user_id)
        engine.settle(restored)
        return restored

    return between


def test_a_history_that_is_written_out_and_read_back_goes_on_as_before(draw):
    for seed in range(100):
        written, read, arrived = draw(seed, by="user_id")
        resumed = observe_all(read, arrived, through_contents(Random(seed)))
        assert resumed == observe_all(read, arrived), f"seed {seed}"
        assert standing(read, resumed) == standing_alerts(written, arrived), f"seed {seed}"


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
    engine = Engine(read, LATENESS, CAP)
    histories = Histories(disk, Codec([TOPIC], "user_id"), engine, keep_after=1, most_keys=2)
    alerts: list[Alert] = []
    for offset, event in enumerate(map(decoded, arrived)):
        key = event.user_id
        if rng.random() < 0.2:
            histories.clear()
        await histories.load({0: [key]})
        entry = Entry(event, Source(TOPIC, 0, offset))
        alerts += engine.observe(histories.of(0)[key], entry, event.event_time).alerts
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
        engine, stopped, stored = Engine(read, LATENESS, history_cap=4), History(), []
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


# What an alert says of its anchor


def in_order_without_cooldown(
    draw: Callable[..., Draw],
) -> Iterator[tuple[list[Alert], dict[Any, list[Anchor]]]]:
    """Every alert, and the twin's anchors by rule, event, severity and key."""
    for seed in range(150):
        written, read, arrived = draw(seed, n=70, in_order=True, cooldown="0s")
        by_place: dict[Any, list[Anchor]] = defaultdict(list)
        for rule in written:
            for anchor in anchors(rule, arrived):
                by_place[rule["id"], anchor.event_id, anchor.severity, anchor.key].append(anchor)
        yield observe_all(read, arrived), by_place


def place(alert: Alert) -> tuple[str, str, str, tuple[str, ...]]:
    return alert.rule_id, alert.anchor.event_id, str(alert.severity), tuple(alert.entity.values())


def test_without_a_cooldown_every_anchor_alerts_with_its_severity(draw):
    for alerts, by_place in in_order_without_cooldown(draw):
        assert Counter(map(place, alerts)) == Counter(dict.fromkeys(by_place, 1))


def test_the_measures_of_an_alert_are_those_that_held(draw):
    seen = 0
    for alerts, by_place in in_order_without_cooldown(draw):
        for alert in alerts:
            (anchor, *_) = by_place[place(alert)]
            if anchor.measures:
                assert alert.measures.items() <= anchor.measures.items()
                assert alert.measures.keys() == alert.thresholds.keys() != set()
                seen += 1
    assert seen > 500


def test_alerts_of_chains_that_begin_with_the_same_event_share_a_case(draw):
    several = 0
    for alerts, by_place in in_order_without_cooldown(draw):
        stories: dict[str, set[Any]] = defaultdict(set)
        cases: dict[Any, set[str]] = defaultdict(set)
        of_story: Counter[Any] = Counter()
        for alert in alerts:
            story = {(alert.rule_id, anchor.key, anchor.first_event_id) for anchor in by_place[place(alert)]}
            if len(story) == 1 and by_place[place(alert)][0].first_event_id:
                stories[alert.case_id] |= story
                cases[story.copy().pop()].add(alert.case_id)
                of_story.update(story)
        assert all(len(found) == 1 for found in (*stories.values(), *cases.values()))
        several += sum(count > 1 for count in of_story.values())
    assert several > 50


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
        assert standing(read, left) == standing_alerts(written, arrived), f"seed {seed}"
    raised, withdrawn = Status.RAISED, Status.WITHDRAWN
    assert steps[withdrawn, withdrawn] == 0
    assert min(steps[raised, withdrawn], steps[withdrawn, raised], steps[raised, raised]) > 10
