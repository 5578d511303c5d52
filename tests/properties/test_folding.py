"""What a key measures that has had too many events: against the same events with their times rounded down."""

from collections import defaultdict
from random import Random

import msgspec
import pytest

from detector.core import folded as folded_module
from detector.core import folding
from detector.core.engine import Engine, Outcome
from detector.core.folded import MOST_SAMPLED, Sample
from detector.core.history import Entry, History
from detector.state.codec import Codec, Tail

from ..core.given import MINUTE, ev, read, saved

LATENESS = 2 * MINUTE
CAP = 40
WITHIN = 30 * MINUTE
RESOLUTION = WITHIN // folding.BUCKETS_PER_SPAN
ALL = {
    "count(a)": {"gte": 1},
    "sum(a.amount)": {"gte": 0},
    "max(a.amount)": {"gte": 0},
    "min(a.amount)": {"gte": 0},
    "last(a.amount)": {"gte": 0},
    "distinct(a.card_id)": {"gte": 0},
    "span(a)": {"gte": "0s"},
    "count(b)": {"gte": 0},
    "sum(b.amount)": {"gte": 0},
}


def always(by="user_id"):
    """A rule that every no-password debit makes hold, and whose alerts so tell all measures."""
    return read(
        {
            "by": by,
            "window": {
                "within": "30m",
                "select": {
                    "a": {"event": "debit", "where": {"auth_method": "none"}},
                    "b": {"event": ["debit", "transfer"], "before": "3m"},
                },
            },
            "when": ALL,
            "cooldown": "0s",
        }
    )


def stream(rng, number, merchants=1):
    """Events of one user in order, some twenty a minute, with ties."""
    time = 100.0
    for at in range(number):
        time += rng.choice([0, 0, rng.expovariate(20)])
        yield ev(
            f"e{at:05}",
            time,
            rng.choice(["debit", "debit", "debit", "transfer", "login"]),
            auth_method=rng.choice(["none", "none", "face"]),
            amount=rng.randint(0, 9),
            card_id=rng.choice([None, *(f"k{n}" for n in range(30))]),
            merchant_id=f"m{rng.randrange(merchants)}",
        )


def naive(events, trigger, after, upto, where, time_of):
    """The events selected whose times, as `time_of` has them, lie in the half-open span (after, upto]."""
    return [
        event
        for event in events
        if event.merchant_id_or_none == trigger.merchant_id_or_none
        and where(event)
        and after < time_of(event) <= upto
    ]


class Seen:
    """An event as the naive measures want it."""

    def __init__(self, event, by_merchant):
        self.event = event
        self.position = (event.event_time, event.event_id)
        self.merchant_id_or_none = getattr(event, "merchant_id", None) if by_merchant else None
        self.is_debit = event.type == "debit"
        self.is_selected = self.is_debit and event.auth_method == "none"


def expected(seen, trigger, floor):
    """All measures, with the events up to the floor at the beginning of their buckets."""

    def rounded(resolution):
        def time_of(event):
            time = event.event.event_time
            return time // resolution * resolution if event.position <= floor else time

        return time_of

    now = trigger.event.event_time
    a_time = rounded(RESOLUTION)
    a = naive(seen, trigger, now - WITHIN, now, lambda e: e.is_selected, a_time)
    b = naive(
        seen,
        trigger,
        now - WITHIN,
        now - 3 * MINUTE,
        lambda e: e.event.type in ("debit", "transfer"),
        rounded((WITHIN - 3 * MINUTE) // folding.BUCKETS_PER_SPAN),
    )
    if not a:
        return None
    amounts = [e.event.amount for e in a]
    times = [a_time(e) for e in a]
    is_over_buckets = floor[0] > now - WITHIN
    cards = {
        e.event.card_id
        for e in seen
        if e.is_selected
        and e.merchant_id_or_none == trigger.merchant_id_or_none
        and (
            now - WITHIN < e.event.event_time // RESOLUTION * RESOLUTION
            if is_over_buckets
            else now - WITHIN < e.event.event_time
        )
    }
    return {
        "count(a)": len(a),
        "sum(a.amount)": sum(amounts),
        "max(a.amount)": max(amounts),
        "min(a.amount)": min(amounts),
        "last(a.amount)": amounts[-1],
        "distinct(a.card_id)": len(cards - {None}),
        "span(a)": max(times) - min(times),
        "count(b)": len(b),
        "sum(b.amount)": sum(e.event.amount for e in b),
    }


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("by", ["user_id", ["user_id", "merchant_id"]])
def test_a_folded_event_counts_as_if_it_had_happened_when_its_bucket_began(seed, by):
    rng = Random(seed)
    engine, history, seen = Engine([always(by)], LATENESS, CAP), History(), []
    approximate = 0
    for event in stream(rng, 600, merchants=1 if by == "user_id" else 3):
        if by != "user_id" and event.type not in ("debit",):
            continue
        seen.append(Seen(event, by != "user_id"))
        floor = history.folded.floor if history.folded else (-1, "")
        alerts = engine.observe(history, Entry(event, None), event.event_time).alerts
        holds = expected(seen, seen[-1], floor) if event.type in ("debit", "transfer") else None
        assert [alert.measures for alert in alerts] == [holds] * bool(holds)
        if alerts:
            assert alerts[0].approximate == (floor[0] > event.event_time - WITHIN)
            approximate += alerts[0].approximate
    assert approximate > 50


@pytest.mark.parametrize("seed", range(4))
def test_counts_over_buckets_lie_between_the_exact_ones_of_the_span_and_of_the_span_less_a_bucket(seed):
    engine, history, times = Engine([always()], LATENESS, CAP), History(), []
    for event in stream(Random(seed), 800):
        if event.type == "debit" and event.auth_method == "none":
            times.append(event.event_time)
        for alert in engine.observe(history, Entry(event, None), event.event_time).alerts:
            now = event.event_time
            most = sum(now - WITHIN < time for time in times)
            least = sum(now - WITHIN + RESOLUTION <= time for time in times)
            assert least <= alert.measures["count(a)"] <= most


@pytest.mark.parametrize("seed", range(6))
def test_a_folded_key_that_is_stored_and_restored_at_any_event_goes_on_alike(seed):
    rng = Random(seed)
    engine, codec = Engine([always(["user_id", "merchant_id"])], LATENESS, CAP), Codec(("t",), "user_id")
    history, again, stored = History(), History(), []
    events = list(stream(rng, 300, merchants=2))
    events = (
        [event for _, event in sorted((e.event_time + rng.randint(0, LATENESS), e) for e in events)]
        if seed % 2
        else events
    )
    strays = 0
    for number, event in enumerate(events):
        strays += history.folds(event)
        found = engine.observe(history, Entry(event, None), event.event_time)
        assert engine.observe(again, Entry(event, None), event.event_time) == found
        stored = saved(again, stored)
        if number % 7 == 0:
            again = codec.decode(codec.encode(stored, Tail()), 0, "u1")
            engine.settle(again)
    assert history.folded is not None
    assert bool(strays) == bool(seed % 2)


def test_an_event_that_belongs_into_a_bucket_is_judged_and_counts_from_then_on():
    rule = read(
        {"window": {"event": "debit", "within": "30m"}, "when": {"count": {"gte": 6}}, "cooldown": "0s"}
    )
    engine, history = Engine([rule], LATENESS, 2), History()
    for minute in (10, 11, 12, 13):
        assert not engine.observe(history, Entry(ev(f"e{minute}", minute), None), 0).alerts
    late = engine.observe(history, Entry(ev("late", 10.6), None), 0)
    assert (late.outcome, late.late, late.alerts) == (Outcome.ACCEPTED, True, [])
    (alert,) = engine.observe(history, Entry(ev("now", 14), None), 0).alerts
    assert (alert.measures, alert.approximate) == ({"count": 6}, True)


def test_an_event_in_a_bucket_can_be_an_anchor_itself():
    rule = read({"window": {"event": "debit", "within": "30m"}, "when": {"sum(amount)": {"gte": 100}}})
    engine, history = Engine([rule], LATENESS, 2), History()
    for minute in (10, 11, 12, 13):
        engine.observe(history, Entry(ev(f"e{minute}", minute), None), 0)
    (alert,) = engine.observe(history, Entry(ev("late", 10.5, amount=99), None), 0).alerts
    assert (alert.anchor.event_id, alert.measures) == ("late", {"sum(amount)": 100})


# Distinct values


def exact(window, low, high):
    return len(set().union(*(window[bucket] for bucket in range(low, high + 1))))


@pytest.mark.parametrize("seed", range(3))
def test_a_sample_that_holds_every_value_counts_exactly_in_any_window(seed):
    rng, sample, seen = Random(seed), Sample(seen={}), defaultdict(set)
    for _ in range(3_000):
        bucket, value = rng.randint(50, 120), rng.randint(0, 400)
        sample.note(value, bucket)
        seen[bucket].add(value)
        if rng.random() < 0.3:
            low = rng.randint(40, 120)
            high = low + rng.randint(-1, 30)
            assert sample.count(low, high) == exact(seen, low, high)
    sample.forget(90)
    assert sample.count(90, 120) == exact(seen, 90, 120)
    assert sample.count(40, 120) == exact(seen, 90, 120)


@pytest.mark.parametrize("number", [60_000, 150_000, 400_000])
def test_distinct_counts_are_within_two_percent_however_many_there_are(number):
    sample = Sample(seen={})
    for value in range(number):
        sample.note(f"user-{value}", value * 60 // number)
    assert len(sample.seen) <= MOST_SAMPLED
    assert sample.count(0, 60) == pytest.approx(number, rel=0.02)
    assert sample.count(0, 29) == pytest.approx(number / 2, rel=0.02)


def test_a_sample_that_has_emptied_takes_every_value_again(monkeypatch):
    monkeypatch.setattr(folded_module, "MOST_SAMPLED", 100)
    sample = Sample(seen={})
    for value in range(1_000):
        sample.note(value, 1)
    assert sample.level > 0
    sample.forget(2)
    for value in range(50):
        sample.note(value, 3)
    assert sample.count(2, 3) == 50


# Bounds


def test_a_key_of_any_number_of_events_keeps_bounded_state(monkeypatch):
    monkeypatch.setattr(folding, "MOST_CELLS", 500)
    engine, codec = Engine([always(["user_id", "merchant_id"])], LATENESS, CAP), Codec(("t",), "user_id")
    history, sizes = History(), []
    for number, event in enumerate(stream(Random(1), 12_000, merchants=4_000)):
        engine.observe(history, Entry(event, None), event.event_time)
        history.unsaved.clear()
        history.alerts.clear()
        if number % 1_000 == 999:
            sizes.append(len(codec.encode(history.contents(), Tail())))
            assert len(history) <= CAP * 5 // 4
            cells = sum(len(c.starts) for by_key in history.folded.cells.values() for c in by_key.values())
            assert cells <= 2 * (500 + CAP)
    assert sizes[-1] < 1.5 * sizes[2]


def test_buckets_that_no_window_reaches_are_let_go():
    engine, history = Engine([always()], LATENESS, CAP), History()
    for event in stream(Random(1), 3_000):
        engine.observe(history, Entry(event, None), event.event_time)
    oldest = history.newest - WITHIN - LATENESS - 2 * RESOLUTION - 5 * MINUTE
    for by_key in history.folded.cells.values():
        for cells in by_key.values():
            assert cells.starts == sorted(set(cells.starts))
            assert cells.starts[0] >= oldest


def test_a_rule_that_comes_later_finds_no_buckets_and_says_that_it_is_approximate():
    engine, history = Engine([always()], LATENESS, CAP), History()
    for event in stream(Random(2), 400):
        engine.observe(history, Entry(event, None), event.event_time)
    rule = read(
        {
            "id": "new",
            "window": {"event": "login", "within": "30m"},
            "when": {"count": {"gte": 1}},
            "cooldown": "0s",
        }
    )
    engine = Engine([always(), rule], LATENESS, CAP)
    engine.settle(history)
    (alert,) = engine.observe(history, Entry(ev("z", history.newest / MINUTE, "login"), None), 0).alerts
    assert alert.approximate
    assert msgspec.structs.asdict(alert)["measures"]["count"] <= CAP + 1
