"""Random events and the orders in which they arrive, all valid by the contract; seeded, and for Hypothesis.

Times lie on a grid of minutes, and so do the spans of the rules: ties and exact hits of a bound are frequent.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

from .vocabulary import COMMON, OPTIONAL, REQUIRED, WEIGHTS

Event = dict[str, Any]
Times = Callable[[Random], int]

MINUTE = 60_000
START = 1_767_224_400_000  # 20 minutes before an hour, so that streams cross a period of every cooldown
LATEST = 2**53 - 1
USERS = ["u1", "u2", "u3"]


# When events happen


def on_a_grid(minutes: int = 35, start: int = START) -> Times:
    """Whole minutes over a span, now and then 1 ms to either side."""
    return lambda rng: max(0, start + rng.randint(0, minutes) * MINUTE + rng.choice([0] * 10 + [-1, 1]))


def tied(start: int = START) -> Times:
    """A few ms in all, and the same a few minutes later: most of the order is that of the ids."""
    return lambda rng: start + rng.randint(0, 3) + rng.choice([0, 0, 1, 5]) * MINUTE


def at_the_beginning(rng: Random) -> int:
    """From the first ms of 1970 on."""
    return on_a_grid(start=0)(rng)


def at_the_end(rng: Random) -> int:
    """Up to the largest time that an event can have."""
    return min(LATEST, on_a_grid(start=LATEST - 35 * MINUTE)(rng))


SHAPES: list[Times] = [
    *[on_a_grid()] * 9,
    *[tied()] * 2,
    *[on_a_grid(minutes=150)] * 2,
    tied(start=0),
    at_the_beginning,
    at_the_end,
]


# Events


def random_events(
    rng: Random,
    n: int,
    times: Times | None = None,
    kinds: Sequence[str] = (),
    users: Sequence[str] = (),
) -> list[Event]:
    """`n` events, and now and then a copy of one: a duplicate. Most are of the `kinds`, if there are any."""
    times = times or on_a_grid()
    users = users or USERS[: rng.choice([1, 1, 1, 2, 3])]
    return _numbered(rng, [_event(rng, users, times, kinds) for _ in range(n)])


def _event(rng: Random, users: Sequence[str], times: Times, kinds: Sequence[str] = ()) -> Event:
    (kind,) = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))
    if kinds and rng.random() < 0.85:
        kind = rng.choice(kinds)
    event = {"type": kind, "user_id": rng.choice(users), "event_time": times(rng)}
    event |= {field: rng.choice(values) for field, values in REQUIRED[kind].items()}
    for field, values in (COMMON | OPTIONAL.get(kind, {})).items():
        if rng.random() < 0.8:
            event[field] = rng.choice([*values, *values, None])
    if rng.random() < 0.1:
        event["not_in_the_contract"] = rng.choice([1, "x", None, [{}]])
    return event


def _numbered(rng: Random, events: list[Event]) -> list[Event]:
    # The numbers are independent of the times, so a tie in time is broken either way.
    numbered = [{"event_id": _event_id(rng, number)} | event for number, event in enumerate(events)]
    return [copy for event in numbered for copy in [event] * (2 if rng.random() < 0.05 else 1)]


def _event_id(rng: Random, number: int) -> str:
    """An id whose place among the others is that of its text, not of its number."""
    return rng.choice([f"e{number:04d}", f"e{number}", f"E{number}", f"é{number}"])


# Arrival


def random_arrival(rng: Random, events: list[Event], lateness_ms: int) -> list[Event]:
    """The events in an order in which none is later than `lateness_ms` behind the newest before it.

    Each event is delayed by at most `lateness_ms`, and they arrive by their delayed times. What came before
    an event was delayed to no later than that event was, so its event time is at most `lateness_ms` ahead.
    This holds over all events together, so it holds for every key.
    """
    delay = rng.choice(_DELAYS)
    delayed = [(event["event_time"] + delay(rng, lateness_ms), rng.random(), event) for event in events]
    return [event for _, _, event in sorted(delayed, key=lambda one: one[:2])]


def _any_delay(rng: Random, lateness_ms: int) -> int:
    return rng.randint(0, lateness_ms)


def _none_or_all(rng: Random, lateness_ms: int) -> int:
    return rng.choice([0, lateness_ms])


def _seldom(rng: Random, lateness_ms: int) -> int:
    return rng.choice([0] * 6 + [rng.randint(0, lateness_ms), lateness_ms])


_DELAYS = [_any_delay, _none_or_all, _seldom]


# Hypothesis: the same draws, made by its own source of randomness so that it can shrink them


def draws() -> st.SearchStrategy[Random]:
    """Sources of randomness that Hypothesis can shrink."""
    return st.randoms(use_true_random=False)


@st.composite
def events(draw: st.DrawFn, max_size: int = 25) -> list[Event]:
    """Events of one to three users, with ties in time and now and then a duplicate."""
    users = USERS[: draw(st.sampled_from([1, 1, 2, 3]))]
    times = draw(st.sampled_from(SHAPES))
    drawn = draw(st.lists(draws().map(lambda rng: _event(rng, users, times)), max_size=max_size))
    return _numbered(draw(draws()), drawn)


def arrivals(of: list[Event], lateness_ms: int) -> st.SearchStrategy[list[Event]]:
    """Orders of arrival within the allowed lateness; see `random_arrival`."""
    return draws().map(lambda rng: random_arrival(rng, of, lateness_ms))
