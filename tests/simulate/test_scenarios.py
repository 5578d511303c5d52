"""The scenario set as a stream: reproducible, valid, whole, with day and night."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from functools import cache

import msgspec
import pytest

from detector.core.events import Refusal, decode
from detector.simulate import (
    Label,
    ScenarioSet,
    Simulated,
    encode,
    scenario_stream,
    scenarios,
    strikes_named,
    write_labels,
)
from detector.simulate.case import VARIANTS
from detector.simulate.cast import Cast
from detector.simulate.draw import Draw
from detector.simulate.frauds import KINDS
from detector.simulate.lookalikes import LOOK_ALIKES
from detector.simulate.people import People
from detector.simulate.scenario_stream import told
from detector.simulate.spans import DAY, HOUR
from detector.simulate.story import Act
from tests.simulate.given import KIND_NAMED
from tests.simulate.processes import printed_whatever_the_hash_seed

SMALL = ScenarioSet(users=400, events=12_000, seed=7, fraud=0.25, look_alikes=0)
# Once each kind in each variant.
ALL = ScenarioSet(users=3_000, events=60_000, seed=1, fraud=0.03)


@cache
def stream_of(asked: ScenarioSet) -> list[Simulated]:
    return list(scenarios(asked))


def labels_by_fraud(asked: ScenarioSet) -> dict[str, dict[str, tuple[Label, dict]]]:
    frauds: dict[str, dict[str, tuple[Label, dict]]] = defaultdict(dict)
    for simulated in stream_of(asked):
        if label := simulated.label:
            frauds[label.fraud_id][label.event_id] = (label, simulated.event)
    return frauds


def digest(asked: ScenarioSet) -> str:
    digest = hashlib.sha256()
    for simulated in scenarios(asked):
        digest.update(encode(simulated.event) + b"\n")
        for line in write_labels([simulated.label] if simulated.label else []):
            digest.update(line + b"\n")
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_bytes_whatever_the_hash_seed_of_the_process() -> None:
    code = "from tests.simulate.test_scenarios import ALL, digest; print(digest(ALL))"
    assert printed_whatever_the_hash_seed(code) == {digest(ALL)}


def test_the_bytes_of_a_seed_are_the_same_on_every_python_version() -> None:
    assert digest(SMALL) == "a0316c4d50b06ee9701dce0824717102d5a347922c7c20d57fc8dbb4d42760d2"


def test_another_seed_gives_other_events_and_shares_no_id() -> None:
    one, other = ({s.event["event_id"] for s in stream_of(set_of(seed))} for seed in (1, 2))
    assert not one & other


def set_of(seed: int) -> ScenarioSet:
    return ScenarioSet(users=100, events=2_000, seed=seed)


@pytest.mark.parametrize("events", [0, 1, 999])
def test_there_are_exactly_as_many_events_as_asked_for(events: int) -> None:
    assert len(stream_of(ScenarioSet(users=10, events=events, seed=1, fraud=0))) == events


def test_every_event_is_valid_and_has_no_field_that_its_type_does_not_know() -> None:
    for simulated in stream_of(ALL):
        event = decode(encode(simulated.event))
        assert not isinstance(event, Refusal), event
        assert set(simulated.event) - {"type"} <= set(type(event).__struct_fields__)


def test_each_kind_occurs_in_each_variant_equally_often() -> None:
    told = Counter((label.kind, label.variant) for label in first_labels(ALL))
    assert set(told) == {(kind.name, variant) for kind in KINDS for variant in VARIANTS}
    assert set(told.values()) == {1}


def first_labels(asked: ScenarioSet) -> list[Label]:
    return [next(iter(fraud.values()))[0] for fraud in labels_by_fraud(asked).values()]


def test_few_frauds_are_of_as_many_kinds_as_there_can_be() -> None:
    few = ScenarioSet(users=1_000, events=20_000, seed=3, fraud=0.015)
    assert Counter(label.kind for label in first_labels(few)) == Counter(kind.name for kind in KINDS)


def test_every_fraud_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given how many marked acts each story has
    planned: Counter[str] = Counter()

    def noted(acts: list[Act]) -> list[Act]:
        planned.update(act.mark.fraud_id for act in acts if act.mark)
        return acts

    monkeypatch.setattr(scenario_stream, "told", lambda case, scene: noted(told(case, scene)))

    # Then so many events of it arrive
    arrived: dict[str, set[str]] = defaultdict(set)
    for simulated in scenarios(ALL):
        if simulated.label:
            arrived[simulated.label.fraud_id].add(simulated.label.event_id)
    assert planned
    assert {fraud: len(events) for fraud, events in arrived.items()} == planned


def test_events_come_in_the_order_of_their_time_but_for_those_that_are_late_or_sent_again() -> None:
    seen: set[object] = set()
    latest = 0
    late: Counter[str] = Counter()
    for simulated in stream_of(ALL):
        event, label = simulated.event, simulated.label
        again = event["event_id"] in seen
        behind = latest - event["event_time"]
        seen.add(event["event_id"])
        latest = max(latest, event["event_time"])
        if behind > 0 and not again and not getattr(simulated, "look_alike", ""):
            late[label.variant if label else ""] += 1
    assert late["late"] > 50
    assert set(late) == {"late"}


def test_what_is_sent_again_is_the_same_event_and_normal_events_are_now_and_then() -> None:
    first: dict[object, dict] = {}
    again: Counter[str] = Counter()
    for simulated in stream_of(ALL):
        event = simulated.event
        if event["event_id"] in first:
            assert first[event["event_id"]] == event
            again[simulated.label.variant if simulated.label else ""] += 1
        first[event["event_id"]] = event
    assert again["retries"] > 100
    assert 0.0005 < again[""] / len(stream_of(ALL)) < 0.005


def test_labels_say_the_variant_and_the_user_of_the_event() -> None:
    for fraud in labels_by_fraud(ALL).values():
        assert len({(label.kind, label.variant) for label, _ in fraud.values()}) == 1
        for label, event in fraud.values():
            assert label.user_id == event["user_id"]
    label = Label("e1", "u1", "f1", "lost-phone", "report", "late")
    [line] = write_labels([label])
    assert line == (
        b'{"event_id":"e1","user_id":"u1","fraud_id":"f1","kind":"lost-phone","role":"report","variant":"late"}'
    )
    assert msgspec.json.decode(line, type=Label) == label


def test_there_is_day_and_night() -> None:
    hours = Counter(int(s.event["event_time"]) // HOUR % 24 for s in stream_of(ALL) if not s.label)
    in_china = {(hour + 8) % 24: count for hour, count in hours.items()}
    assert in_china[19] > 5 * in_china[3]
    assert in_china[12] > 5 * in_china[4]


def test_callers_of_the_remote_session_scam_keep_office_hours() -> None:
    for fraud in labels_by_fraud(ALL).values():
        label, event = min(fraud.values(), key=lambda pair: pair[1]["event_time"])
        if label.kind == "remote-session":
            assert 9 <= (event["event_time"] // HOUR + 8) % 24 <= 17


def test_the_set_spans_35_days_and_frauds_strike_all_along() -> None:
    times = [s.event["event_time"] for s in stream_of(ALL)]
    assert max(times) - min(times) == pytest.approx(35 * DAY, rel=0.01)
    begins = [min(e["event_time"] for _, e in fraud.values()) for fraud in labels_by_fraud(ALL).values()]
    days = Counter((begin - ALL.start) // DAY // 7 for begin in begins)
    assert set(days) == {0, 1, 2, 3, 4}


def test_no_user_and_no_merchant_plays_two_parts_where_there_are_enough() -> None:
    asked = ScenarioSet(users=20_000, events=100_000, seed=1, fraud=0.005)
    people = People(asked.users, Draw("a draw"), asked.start)
    cast = Cast(asked, len(people.merchants), Draw("another"))
    users = [case.user for case in cast.cases]
    merchants = [case.merchant for case in cast.cases if KIND_NAMED[case.kind].has_a_merchant]
    for look_alike, number in cast.members:
        (users if look_alike.of == "users" else merchants).append(number)
    assert len(set(users)) == len(users)
    assert len(set(merchants)) == len(merchants)


def test_without_look_alikes_there_is_none() -> None:
    people = People(SMALL.users, Draw("a draw"), SMALL.start)
    assert Cast(SMALL, len(people.merchants), Draw("another")).members == []


def test_twice_as_many_look_alikes_can_be_asked_for() -> None:
    counts = []
    for factor in (1, 2):
        asked = ScenarioSet(users=50_000, events=100_000, seed=1, look_alikes=factor)
        people = People(asked.users, Draw("a draw"), asked.start)
        counts.append(len(Cast(asked, len(people.merchants), Draw("another")).members))
    assert counts[1] == pytest.approx(2 * counts[0], rel=0.02) if LOOK_ALIKES else counts == [0, 0]


def test_events_are_made_while_they_are_read() -> None:
    endless = scenarios(ScenarioSet(users=1_000, events=10**12, seed=1))
    assert len(list(itertools.islice(endless, 100))) == 100


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("all", len(KINDS) * len(VARIANTS)),
        ("lost-phone", len(VARIANTS)),
        ("all:plain", len(KINDS)),
        ("lost-phone:late,slow-drip:late", 2),
        ("lost-phone:late, lost-phone", len(VARIANTS)),
    ],
)
def test_kinds_and_variants_are_asked_for_by_name(text: str, count: int) -> None:
    strikes = strikes_named(text)
    assert len(set(strikes)) == len(strikes) == count


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lost-fone", r"'lost-fone' is no kind of fraud; there are: all, no-password-burst, .*"),
        ("lost-phone:ful", "'ful' is no variant; there are: all, plain, slow, .*"),
        ("", "'' is no kind of fraud"),
    ],
)
def test_a_kind_or_variant_that_there_is_not_is_refused_with_those_there_are(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        strikes_named(text)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"users": 0}, "users is 0; it must be at least 1"),
        ({"events": -1}, "events is -1; it must be at least 0"),
        ({"fraud": 1.5}, "fraud is 1.5; it is in proportion to the users, from 0 to 1"),
        ({"look_alikes": -1}, "look_alikes is -1; it must be at least 0"),
        ({"start": 5}, "start is 5; it must be midnight UTC"),
        ({"events": 300}, r"100 frauds do not fit into 300 events \(room for 5\)"),
    ],
)
def test_a_set_that_cannot_be_is_refused_with_what_is_wrong(changed: dict, message: str) -> None:
    asked = {"users": 400, "events": 12_000, "seed": 1, "fraud": 0.25} | changed
    with pytest.raises(ValueError, match=message):
        ScenarioSet(**asked)
