"""The simulated stream: reproducible, in order, valid, and fraud where the labels say and nowhere else."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict

import msgspec
import pytest

from detector.core.events import EVENT_TYPES, MAX_VALUE_BYTES, Refusal, decode
from detector.simulate import Label, Simulated, Traffic, encode, simulate, write_labels
from tests.simulate.processes import printed_whatever_the_hash_seed

MINUTE = 60_000
SHORT = Traffic(users=400, events=5_000, seed=7, fraud=0.05)
# Also few users who never pause, a day and more of normal pace, and as much fraud as there is room for.
CROWDED = [
    SHORT,
    Traffic(users=50, events=30_000, seed=1, fraud=0.1, rate=3),
    Traffic(users=5, events=20_000, seed=2, fraud=0.0, rate=100),
    Traffic(users=200, events=40_000, seed=3, fraud=0.1),
    Traffic(users=250, events=5_000, seed=4, fraud=1.0),
]


def stream_of(traffic: Traffic) -> list[Simulated]:
    return list(simulate(traffic))


def digest(traffic: Traffic) -> str:
    digest = hashlib.sha256()
    for simulated in simulate(traffic):
        digest.update(encode(simulated.event) + b"\n")
        for line in write_labels([simulated.label] if simulated.label else []):
            digest.update(line + b"\n")
    return digest.hexdigest()


def by_user(stream: list[Simulated]) -> dict[str, list[dict]]:
    users = defaultdict(list)
    for simulated in stream:
        users[simulated.event["user_id"]].append(simulated.event)
    return users


def labels_by_fraud(stream: list[Simulated]) -> dict[str, list[tuple[Label, dict]]]:
    frauds = defaultdict(list)
    for simulated in stream:
        if simulated.label:
            frauds[simulated.label.fraud_id].append((simulated.label, simulated.event))
    return frauds


def is_burst(events: list[dict]) -> bool:
    """Whether the rule no-password-burst fires on a user's events."""
    debits = [e for e in events if e["type"] == "debit" and e["auth_method"] == "none"]
    for last in debits:
        window = [
            d for d in debits if last["event_time"] - 10 * MINUTE < d["event_time"] <= last["event_time"]
        ]
        careful = last.get("user_tier") in ("elderly", "minor")
        most, sum_limit = (3, 30_000) if careful else (5, 100_000)
        if len(window) >= most or sum(d["amount"] for d in window) >= sum_limit:
            return True
    return False


def is_remote_session_scam(events: list[dict]) -> bool:
    """Whether the rule face-after-remote-session fires on a user's events."""
    ends = {e["session_id"]: e["event_time"] for e in events if e["type"] == "remote_session_ended"}
    faces = [e for e in events if e["type"] == "face_verification" and e["result"] == "passed"]
    for session in (e for e in events if e["type"] == "remote_session_started"):
        for face in faces:
            since = face["event_time"] - session["event_time"]
            over = ends.get(session["session_id"], face["event_time"]) <= face["event_time"] - 10 * MINUTE
            if 0 <= since <= 30 * MINUTE and not over:
                return True
    return False


def test_the_same_seed_gives_the_same_bytes_whatever_the_hash_seed_of_the_process() -> None:
    code = f"from tests.simulate.test_simulate import Traffic, digest; print(digest({SHORT!r}))"
    assert printed_whatever_the_hash_seed(code) == {digest(SHORT)}


def test_the_bytes_of_a_seed_are_the_same_on_every_python_version() -> None:
    assert digest(SHORT) == "d3f42ec1f8e66cb09f3086c0a7607cece10f8f809116b25d4aa023b607b5e5f3"


def test_another_seed_gives_other_events_and_shares_no_id() -> None:
    one, other = (stream_of(Traffic(users=400, events=5_000, seed=seed, fraud=0.05)) for seed in (7, 8))
    assert not {s.event["event_id"] for s in one} & {s.event["event_id"] for s in other}
    assert [s.event["type"] for s in one] != [s.event["type"] for s in other]


def test_another_start_moves_the_same_story_and_shares_no_id() -> None:
    moved = Traffic(users=400, events=5_000, seed=7, fraud=0.05, start=SHORT.start + 86_400_000)
    pairs = list(zip(simulate(SHORT), simulate(moved), strict=True))
    assert {b.event["event_time"] - a.event["event_time"] for a, b in pairs} == {86_400_000}
    assert not {a.event["event_id"] for a, _ in pairs} & {b.event["event_id"] for _, b in pairs}


@pytest.mark.parametrize("events", [0, 1, 999])
def test_there_are_exactly_as_many_events_as_asked_for(events: int) -> None:
    assert len(stream_of(Traffic(users=10, events=events, seed=1, fraud=0))) == events


@pytest.mark.parametrize("traffic", CROWDED, ids=repr)
def test_events_come_in_the_order_of_event_time_and_id_from_the_start_to_the_span(traffic: Traffic) -> None:
    order = [(s.event["event_time"], s.event["event_id"]) for s in simulate(traffic)]
    assert order == sorted(order)
    assert len({event_id for _, event_id in order}) == len(order)
    assert order[0][0] == traffic.start
    assert order[-1][0] == pytest.approx(traffic.start + traffic.span, abs=traffic.span * 0.01)


def test_a_rate_sets_the_events_per_second_of_event_time() -> None:
    stream = stream_of(Traffic(users=10, events=2_000, seed=1, fraud=0, rate=50))
    seconds = (stream[-1].event["event_time"] - stream[0].event["event_time"]) / 1000
    assert 2_000 / seconds == pytest.approx(50, rel=0.01)


def test_every_event_is_valid_and_all_types_occur_on_their_topics() -> None:
    topics = defaultdict(set)
    for simulated in simulate(Traffic(users=2_000, events=60_000, seed=5, fraud=0.01)):
        line = encode(simulated.event)
        event = decode(line)
        assert not isinstance(event, Refusal), event
        # A field whose name is misspelt would pass as an unknown one.
        assert set(simulated.event) - {"type"} <= set(type(event).__struct_fields__)
        assert b"\n" not in line
        assert len(line) < MAX_VALUE_BYTES
        topics[simulated.topic].add(simulated.event["type"])
    assert topics["payments"] == {"debit", "transfer", "instalment", "refund"}
    assert topics["complaints"] == {"complaint"}
    assert topics["logins"] == set(EVENT_TYPES) - topics["payments"] - topics["complaints"]


def test_a_debit_has_the_size_of_a_real_one() -> None:
    sizes = [len(encode(s.event)) for s in simulate(SHORT) if s.event["type"] == "debit"]
    assert 250 <= sum(sizes) / len(sizes) <= 290


@pytest.mark.parametrize("traffic", CROWDED, ids=repr)
def test_the_rules_hold_for_the_labelled_users_and_for_no_one_else(traffic: Traffic) -> None:
    stream = stream_of(traffic)
    labelled = defaultdict(set)
    for simulated in stream:
        if simulated.label:
            assert simulated.label.user_id == simulated.event["user_id"]
            assert simulated.label.event_id == simulated.event["event_id"]
            labelled[simulated.label.kind].add(simulated.label.user_id)
    users = by_user(stream)
    assert {user for user, events in users.items() if is_burst(events)} == labelled["no-password-burst"]
    assert {user for user, events in users.items() if is_remote_session_scam(events)} == labelled[
        "remote-session"
    ]
    victims = labelled["no-password-burst"] | labelled["remote-session"]
    assert len(victims) == traffic.fraud * traffic.users


@pytest.mark.parametrize("traffic", [t for t in CROWDED if t.fraud], ids=repr)
def test_every_fraud_is_whole(traffic: Traffic) -> None:
    for labelled in labels_by_fraud(stream_of(traffic)).values():
        roles = Counter(label.role for label, _ in labelled)
        times = [event["event_time"] for _, event in labelled]
        if labelled[0][0].kind == "no-password-burst":
            assert set(roles) == {"debit"}
            assert 6 <= roles["debit"] <= 12
            assert times[-1] - times[0] <= 8 * MINUTE
            assert len({event["merchant_id"] for _, event in labelled}) <= 2
            assert all(event["amount"] < 100_000 for _, event in labelled)
        else:
            assert roles["session"] == roles["face"] == 1
            assert 1 <= roles["money"] <= 4
            assert [label.role for label, _ in labelled][:3] == ["session", "face", "money"]
            assert 2 * MINUTE <= times[1] - times[0] <= 20 * MINUTE
            money = [e["event_time"] - times[1] for label, e in labelled if label.role == "money"]
            assert all(2 * MINUTE <= after <= 20 * MINUTE for after in money)


def test_a_short_stream_shows_both_frauds_all_along_and_the_first_one_early() -> None:
    places = defaultdict(list)
    ends = {}
    for place, simulated in enumerate(simulate(SHORT)):
        if simulated.label:
            ends[simulated.label.fraud_id] = (simulated.label.kind, place / SHORT.events)
    for kind, end in ends.values():
        places[kind].append(end)
    assert min(end for _, end in ends.values()) < 0.1
    for ends_of_kind in places.values():
        thirds = Counter(int(end * 3) for end in ends_of_kind)
        assert len(ends_of_kind) == 10
        assert set(thirds) == {0, 1, 2}


def test_one_victim_alone_is_struck_early() -> None:
    stream = stream_of(Traffic(users=40, events=1_000, seed=9, fraud=0.001))
    labelled = [place for place, simulated in enumerate(stream) if simulated.label]
    assert labelled
    assert labelled[-1] < 100


def test_victims_go_on_with_their_lives_while_the_fraud_happens() -> None:
    between = 0
    stream = stream_of(Traffic(users=50, events=30_000, seed=1, fraud=0.1, rate=3))
    for labelled in labels_by_fraud(stream).values():
        first, last = labelled[0][1]["event_time"], labelled[-1][1]["event_time"]
        user = labelled[0][0].user_id
        between += sum(
            s.label is None and s.event["user_id"] == user and first < s.event["event_time"] < last
            for s in stream
        )
    assert between > 10


def test_normal_no_password_debits_of_a_user_keep_an_hour_apart_at_any_rate() -> None:
    # Six users and 17 events a second: without a rest each would make one every few seconds.
    stream = stream_of(Traffic(users=6, events=100_000, seed=3, fraud=0, rate=17))
    pauses = []
    for events in by_user(stream).values():
        times = [e["event_time"] for e in events if e["type"] == "debit" and e["auth_method"] == "none"]
        pauses += [later - earlier for earlier, later in itertools.pairwise(times)]
    assert pauses
    assert min(pauses) > 60 * MINUTE


def test_refunds_give_back_an_earlier_debit_of_the_same_user_once() -> None:
    debits, refunded = {}, set()
    for event in (s.event for s in simulate(Traffic(users=300, events=20_000, seed=6, fraud=0))):
        if event["type"] == "debit":
            debits[event["event_id"]] = event
        if event["type"] == "refund":
            debit = debits[event["refunded_event_id"]]
            same = ("user_id", "merchant_id", "amount", "currency")
            assert [event[name] for name in same] == [debit[name] for name in same]
            assert debit["event_id"] not in refunded
            refunded.add(debit["event_id"])
    assert len(refunded) > 100


def test_no_one_pays_with_a_phone_that_was_reported_lost_or_travels_faster_than_possible() -> None:
    lost: set[str] = set()
    logins: dict[str, tuple[int, str]] = {}
    journeys = 0
    for event in (s.event for s in simulate(Traffic(users=500, events=80_000, seed=6, fraud=0))):
        if event["type"] == "device_reported_lost":
            lost.add(event["device_id"])
        elif event["type"] == "login":
            before, city = logins.get(event["user_id"], (event["event_time"], event["city"]))
            if city != event["city"]:
                assert event["event_time"] - before > 60 * MINUTE
                journeys += 1
            logins[event["user_id"]] = (event["event_time"], event["city"])
        assert event["device_id"] not in lost or event["type"] == "device_reported_lost"
    assert lost
    assert journeys


def test_no_merchant_is_complained_of_by_five_in_a_day() -> None:
    opened: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for event in (s.event for s in simulate(Traffic(users=100, events=100_000, seed=6, fraud=0))):
        if event["type"] == "complaint":
            day = [c for c in opened[event["merchant_id"]] if c[0] > event["event_time"] - 24 * 60 * MINUTE]
            opened[event["merchant_id"]] = [*day, (event["event_time"], event["complaint_id"])]
            assert len({complaint for _, complaint in opened[event["merchant_id"]]}) < 5
    assert opened


def test_people_who_need_more_care_occur_and_not_every_event_says_so() -> None:
    tiers = Counter(s.event.get("user_tier") for s in simulate(SHORT))
    assert set(tiers) == {None, "standard", "elderly", "minor"}
    tier_of = defaultdict(set)
    for simulated in simulate(SHORT):
        if tier := simulated.event.get("user_tier"):
            tier_of[simulated.event["user_id"]].add(tier)
    assert all(len(tiers) == 1 for tiers in tier_of.values())


def test_labels_are_one_json_object_each_with_the_fields_in_their_order() -> None:
    label = Label(event_id="e1", user_id="u1", fraud_id="f1", kind="remote-session", role="face")
    [line] = write_labels([label])
    assert line == (b'{"event_id":"e1","user_id":"u1","fraud_id":"f1","kind":"remote-session","role":"face"}')
    assert msgspec.json.decode(line, type=Label) == label


def test_events_are_made_while_they_are_read() -> None:
    endless = simulate(Traffic(users=1_000, events=10**12, seed=1, fraud=0.01))
    assert len(list(itertools.islice(endless, 100))) == 100


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"users": 0}, "users is 0; it must be at least 1"),
        ({"events": -1}, "events is -1; it must be at least 0"),
        ({"fraud": 1.5}, "fraud is 1.5; it is a share of the users, from 0 to 1"),
        ({"rate": 0.0}, r"rate is 0; it must be above 0"),
        ({"start": -1}, "start is -1; it must be at least 0"),
        ({"events": 300}, r"20 users with a fraud do not fit into 300 events \(room for 15\)"),
        ({"rate": 500.0}, "the traffic spans 0.2 min of event time, but frauds need 100 min"),
    ],
)
def test_traffic_that_cannot_be_is_refused_with_what_is_wrong(changed: dict, message: str) -> None:
    asked = {"users": 400, "events": 5_000, "seed": 1, "fraud": 0.05} | changed
    with pytest.raises(ValueError, match=message):
        Traffic(**asked)
