"""The look-alikes: each is what it says it is, valid, told in its time, and no fraud."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise

import pytest

from detector.core.events import Refusal, decode
from detector.simulate import ScenarioSet, encode, scenarios
from detector.simulate.draw import Draw
from detector.simulate.everyday import EVERYDAY
from detector.simulate.happening import happen
from detector.simulate.life import Life
from detector.simulate.lookalikes import LOOK_ALIKES
from detector.simulate.people import People
from detector.simulate.scene import Scene
from detector.simulate.story import Act

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = ScenarioSet(users=1, events=1, seed=1, fraud=0).start
BY_NAME = {one.name: one for one in LOOK_ALIKES}
DAYS = 45
NAMES = sorted(BY_NAME)


@cache
def told(name: str) -> dict[int, list[tuple[int, list[Act]]]]:
    """By member: what each day's telling gives, with the event time at which it was asked for."""
    draw = Draw(f"look-alikes {name}")
    people = People(4_000, draw, START)
    scene = Scene(draw, people, Life(draw, people, EVERYDAY))
    days = [START + day * DAY for day in range(DAYS)]
    return {
        number: [(begin, BY_NAME[name].day(scene, number, begin)) for begin in days]
        for number in range(60 if BY_NAME[name].of == "users" else 12)
    }


def events_of(acts: list[Act]) -> list[dict]:
    draw = Draw("sent")
    ordered = sorted(acts, key=lambda act: act.at)
    return [happen(act, f"e{number}", draw).event for number, act in enumerate(ordered)]


@cache
def stories(name: str) -> list[list[dict]]:
    """The events of each telling in which something happens, in the order of event time."""
    return [events_of(acts) for days in told(name).values() for _, acts in days if acts]


@cache
def lives(name: str) -> list[list[dict]]:
    """All events of each member."""
    return [events_of([act for _, acts in days for act in acts]) for days in told(name).values()]


def types(events: list[dict]) -> Counter[str]:
    return Counter(event["type"] for event in events)


def of_type(events: list[dict], *kinds: str) -> list[dict]:
    return [event for event in events if event["type"] in kinds]


def without_password(events: list[dict]) -> list[dict]:
    return [event for event in of_type(events, "debit") if event["auth_method"] == "none"]


def most_within(span: int, events: list[dict]) -> int:
    """The most of these events in any half-open span."""
    times = [event["event_time"] for event in events]
    return max((sum(last - span < time <= last for time in times) for last in times), default=0)


def hour_in_china(event: dict) -> int:
    return (event["event_time"] // HOUR + 8) % 24


def date_in_china(event: dict) -> datetime:
    return datetime.fromtimestamp((event["event_time"] + 8 * HOUR) / 1000, UTC)


def share_of(stories: list[list[dict]], has: Callable[[list[dict]], bool]) -> float:
    return sum(1 for story in stories if has(story)) / len(stories)


def test_every_look_alike_has_a_name_of_its_own_and_a_believable_share() -> None:
    assert len(BY_NAME) == len(LOOK_ALIKES) == 20
    for one in LOOK_ALIKES:
        assert 0 < one.share <= 0.06
    assert sum(one.share for one in LOOK_ALIKES if one.of == "users") < 0.25


@pytest.mark.parametrize("name", NAMES)
def test_what_a_look_alike_does_is_valid_and_carries_its_name_and_no_fraud(name: str) -> None:
    for days in told(name).values():
        for begin, acts in days:
            for act in acts:
                assert act.look_alike == name
                assert act.mark is None
                assert act.at >= begin
    for story in stories(name):
        for event in story:
            decoded = decode(encode(event))
            assert not isinstance(decoded, Refusal), decoded
            assert set(event) - {"type"} <= set(type(decoded).__struct_fields__)


@pytest.mark.parametrize(
    ("name", "days"),
    [("moving-house", 30), ("traveller", 30), ("player", 7), ("shop-owner", 1), ("sale-day", 30)],
)
def test_a_story_comes_again_after_its_rest_on_another_day_for_each(name: str, days: int) -> None:
    firsts = set()
    for member in told(name).values():
        times = [begin for begin, acts in member if acts]
        firsts.add(times[0])
        assert all((later - earlier) % (days * DAY) == 0 for earlier, later in pairwise(times))
        assert DAYS // days <= len(times) <= DAYS // days + 1
    assert len(firsts) >= min(days, 2)


def test_people_of_working_age_need_no_more_care_than_others() -> None:
    for name in ("taxi-driver", "parent", "shop-owner", "moving-house", "tunnel-user"):
        tiers = {event.get("user_tier") for life in lives(name) for event in life}
        assert tiers == {None, "standard"}
    assert {"minor", "elderly"} <= {e.get("user_tier") for life in lives("player") for e in life}


def test_a_family_pays_from_three_devices_and_some_from_two_cities() -> None:
    cities = []
    for life in lives("family-account"):
        assert len({event["device_id"] for event in life}) == 3
        cities.append(len({event["city"] for event in life}))
        assert not any(event.get("new_device") for event in life)
    assert Counter(cities).keys() == {1, 2}
    assert cities.count(1) > cities.count(2)


def test_a_taxi_driver_makes_many_small_debits_at_several_merchants_on_a_working_day() -> None:
    days = stories("taxi-driver")
    for day in days:
        assert without_password(day) == day
        assert max(event["amount"] for event in day) <= 6_000
    counts = sorted(len(day) for day in days)
    assert 10 <= counts[len(counts) // 2] <= 30
    merchants = sorted(len({event["merchant_id"] for event in day}) for day in days)
    assert merchants[len(merchants) // 2] >= 6


def test_remote_support_is_a_whole_session_and_seldom_meets_a_face() -> None:
    soon = later = 0
    sessions = stories("remote-support")
    for story in sessions:
        [started], [ended] = of_type(story, "remote_session_started"), of_type(story, "remote_session_ended")
        assert started["session_id"] == ended["session_id"]
        assert 5 * MINUTE <= ended["event_time"] - started["event_time"] <= 50 * MINUTE
        for face in of_type(story, "face_verification"):
            since_end = face["event_time"] - ended["event_time"]
            soon += since_end < 10 * MINUTE
            later += since_end > HOUR
        assert types(story)["transfer"] <= 1
    assert 0 < soon / len(sessions) < 0.12
    assert 0.15 < later / len(sessions) < 0.35


def test_who_moves_house_logs_in_elsewhere_after_a_journey_and_buys_furniture() -> None:
    furniture = Counter()
    for story in stories("moving-house"):
        before, after = of_type(story, "login")
        assert before["city"] != after["city"]
        assert after["event_time"] - before["event_time"] > 4 * HOUR
        assert max(event["amount"] for event in of_type(story, "transfer")) >= 600_000
        bought = of_type(story, "instalment")
        furniture[len(bought)] += 1
        assert types(story)["face_verification"] == len(bought)
        for activated in of_type(story, "agreement_activated"):
            first = min(
                event["event_time"]
                for event in without_password(story)
                if event["agreement_id"] == activated["agreement_id"]
            )
            assert activated["consent"] == "explicit"
            assert first > activated["event_time"]
    assert set(furniture) == {1, 2, 3, 4}


def test_a_traveller_logs_in_elsewhere_after_the_flight_and_some_through_a_tunnel() -> None:
    flights = stories("traveller")
    tunnels = 0
    for story in flights:
        logins = of_type(story, "login")
        assert logins[0]["city"] != logins[1]["city"]
        assert logins[1]["event_time"] - logins[0]["event_time"] >= 3 * HOUR
        tunnels += len(logins) == 3 and logins[2]["city"] == logins[0]["city"]
    assert 0 < tunnels / len(flights) < 0.15


def test_a_tunnel_user_logs_in_from_one_other_city() -> None:
    for life in lives("tunnel-user"):
        assert types(life).keys() == {"login"}
        assert 4 <= len(life) <= 25
        assert len({event["city"] for event in life}) == 1
        assert len({event["ip"] for event in life}) == 1


def test_a_new_phone_is_logged_in_bound_and_used_as_the_old_one_was() -> None:
    changes = stories("new-phone")
    for story in changes:
        login = of_type(story, "login")[0]
        assert login["new_device"]
        assert types(story)["device_bound"] == types(story)["face_verification"] == 1
        assert len({event["device_id"] for event in story}) == 1
        assert all(debit["event_time"] > login["event_time"] for debit in without_password(story))
    assert 0 < share_of(changes, lambda story: types(story)["sms_sync_enabled"]) < 0.4
    assert 0 < share_of(changes, lambda story: len({e.get("card_id") for e in story} - {None}) == 2) < 0.3


def test_a_clumsy_user_fails_at_first_and_at_times_pays_again() -> None:
    again = 0
    for story in stories("clumsy-user"):
        results = [event["result"] for event in of_type(story, "face_verification")]
        assert results[-1] == "passed"
        assert results[:-1] == ["failed"] * len(results[:-1])
        assert len(results) >= 3
        assert types(story)["password_reset"] == 1
        paid = without_password(story)
        assert len({(event["amount"], event["merchant_id"]) for event in paid}) == 1
        again += len(paid) > 1
    assert again


def test_a_childs_small_debits_come_from_its_own_device_on_school_days() -> None:
    for day in stories("parent"):
        assert 3 <= len(without_password(day)) == len(day) <= 6
        assert len({event["device_id"] for event in day}) == 1
        assert day[0]["device_id"].endswith("-child")
        assert max(event["amount"] for event in day) <= 2_500
        assert {date_in_china(event).weekday() for event in day} <= {0, 1, 2, 3, 4}


def test_a_shop_owner_transfers_to_the_same_suppliers_day_after_day() -> None:
    for life in lives("shop-owner"):
        transfers = of_type(life, "transfer")
        assert len(transfers) > 3 * DAYS
        assert len({event["payee_id"] for event in transfers}) <= 12
    assert all(types(day)["transfer"] <= 15 for day in stories("shop-owner"))


def test_an_honest_complainer_is_mostly_right() -> None:
    outcomes = Counter()
    for story in stories("honest-complainer"):
        opened = [event for event in story if event["status"] == "opened"]
        assert 2 <= len(opened) <= 8
        assert len({event["complaint_id"] for event in story}) == len(opened) == len(story) / 2
        outcomes.update(event["status"] for event in story if event["status"] != "opened")
    assert outcomes["upheld"] > outcomes["rejected"] > outcomes["withdrawn"] > 0


def test_subscriptions_are_debited_in_the_night_of_the_first() -> None:
    for night in stories("subscriptions"):
        assert 3 <= len(night) == len(without_password(night)) <= 8
        assert {date_in_china(event).day for event in night} == {1}
        assert max(map(hour_in_china, night)) <= 8
        assert len({event["merchant_id"] for event in night}) == len(night)


def test_a_canteen_guest_pays_meal_after_meal_at_one_canteen() -> None:
    for life in lives("canteen-guest"):
        assert len({event["merchant_id"] for event in life}) == 1
        assert without_password(life) == life
        assert max(event["amount"] for event in life) < 2_000
    assert max(most_within(DAY, day) for day in stories("canteen-guest")) >= 7
    assert {date_in_china(day[0]).weekday() for day in stories("canteen-guest")} == {0, 1, 2, 3, 4}


def test_a_player_pays_one_game_in_the_evening_at_times_one_upon_the_other() -> None:
    evenings = stories("player")
    for evening in evenings:
        assert len({event["merchant_id"] for event in evening}) == 1
        assert 18 <= hour_in_china(evening[0]) <= 23
    assert 0 < share_of(evenings, lambda evening: most_within(10 * MINUTE, evening) >= 5) < 0.5


def test_a_found_phone_is_the_one_that_was_reported_lost() -> None:
    for story in stories("found-phone"):
        [report] = of_type(story, "device_reported_lost")
        assert story[0] == report
        for debit in of_type(story, "debit"):
            assert debit["device_id"] == report["device_id"]
            assert debit["event_time"] - report["event_time"] > HOUR


def test_a_sale_day_draws_many_users_at_once_many_of_them_on_instalments() -> None:
    sales = stories("sale-day")
    for sale in sales:
        assert len({event["merchant_id"] for event in sale if "merchant_id" in event}) == 1
        assert len({event["user_id"] for event in sale}) > 0.6 * min(len(sale), 600)
        rush = Counter(map(hour_in_china, sale))[20]
        assert rush > 3 * len(sale) / 24
    assert share_of(sales, lambda sale: types(sale)["instalment"] >= 20) > 0.3


def test_a_new_merchant_has_no_past_and_a_crowd_that_thins_out() -> None:
    known = {f"m{number:05d}" for number in range(4_000)}
    for opening in stories("new-merchant"):
        [merchant_id] = {event["merchant_id"] for event in opening}
        assert merchant_id not in known
        by_day = Counter(date_in_china(event).date() for event in opening)
        counts = [by_day[day] for day in sorted(by_day)]
        assert counts == sorted(counts, reverse=True)
        assert counts[0] >= 60


def test_an_outage_brings_complaints_of_customers_who_paid_and_are_upheld() -> None:
    for story in stories("outage"):
        assert len({event["merchant_id"] for event in story}) == 1
        paid = defaultdict(list)
        for event in of_type(story, "debit"):
            paid[event["user_id"]].append(event["event_time"])
        complaints = of_type(story, "complaint")
        assert {event["status"] for event in complaints} <= {"opened", "upheld"}
        for complaint in complaints:
            assert min(paid[complaint["user_id"]]) < complaint["event_time"]
    assert share_of(stories("outage"), lambda story: types(story)["complaint"] >= 10) > 0.8


def test_a_new_terminal_is_not_certified_and_others_of_the_merchant_are() -> None:
    for story in stories("new-terminal"):
        assert {event["terminal_certified"] for event in story} == {False}
        assert len({event["terminal_id"] for event in story}) == 1
        assert story[0]["terminal_id"].endswith("-new")


def test_a_kiosk_has_most_of_its_customers_at_noon_on_working_days() -> None:
    for day in stories("lunch-peak"):
        assert most_within(30 * MINUTE, without_password(day)) >= 60
        assert {date_in_china(event).weekday() for event in day} <= {0, 1, 2, 3, 4}


def test_in_the_set_look_alikes_are_as_many_as_asked_for_and_none_is_a_victim() -> None:
    asked = ScenarioSet(users=4_000, events=60_000, seed=4, fraud=0.01)
    found, victims = defaultdict(set), set()
    for simulated in scenarios(asked):
        if simulated.look_alike:
            assert simulated.label is None
            found[simulated.look_alike].add(simulated.event["user_id"])
        elif simulated.label is not None:
            victims.add(simulated.label.user_id)
    of_single_users = [one for one in LOOK_ALIKES if one.of == "users"]
    for one in of_single_users:
        # One of them may have had no occasion.
        assert len(found[one.name]) == pytest.approx(one.share * asked.users, rel=0.1, abs=1)
    assert victims


def test_a_set_without_look_alikes_has_none() -> None:
    asked = ScenarioSet(users=500, events=5_000, seed=4, look_alikes=0)
    assert not any(simulated.look_alike for simulated in scenarios(asked))
