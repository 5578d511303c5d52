"""Explanations of a rule after events have arrived, in few words."""

from collections.abc import Iterable

from detector.core.engine import Engine
from detector.core.events import Event
from detector.core.explain.explainer import Explainer
from detector.core.explain.explanation import Explanation
from detector.core.explain.text import told
from detector.core.history import Entry, History
from detector.core.lists import NO_LISTS, Lists
from detector.core.rule import Rule

LATENESS = 600_000
START = "1970-01-01"


def observed(rule: Rule, events: Iterable[Event], cap: int = 5_000, lists: Lists = NO_LISTS) -> History:
    """The history after the engine has seen the events in this order."""
    engine, history = Engine([rule], LATENESS, cap, lists), History()
    for event in events:
        engine.observe(history, Entry(event, None), event.event_time)
    return history


def explained(
    rule: Rule, *events: Event, at: str | None = None, cap: int = 5_000, lists: Lists = NO_LISTS
) -> Explanation:
    """The rule explained after these events, up to one of them."""
    history = observed(rule, events, cap, lists)
    return Explainer(rule, lists).explain(history, None if at is None else history.ids.index(at))


def lines(found: Explanation, language: str = "en") -> list[str]:
    """The text without its heading, indentation and dates."""
    return [line.strip().replace(f"{START} ", "") for line in told(found, language)][1:]
