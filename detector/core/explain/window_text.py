"""A window rule as a person reads it: the conditions, how far each is, and what the window holds."""

from __future__ import annotations

from collections.abc import Iterator

from detector.core.explain.explanation import Alternative, Compared, ConditionSeen, Occasion, WatchSeen
from detector.core.explain.words import Words
from detector.core.rule import Operator
from detector.core.texts import printable

MET, NOT_MET = "✓", "✗"
_AT_LEAST = (Operator.GTE, Operator.GT)
_EVENTS_SHOWN = 10


def condition_told(words: Words, condition: ConditionSeen) -> str:
    """A condition with what was measured: 'count 4 of 5 (1 short)'."""
    return words.joined((_compared(words, condition, one) for one in condition.comparisons), "and")


def alternatives_told(words: Words, occasion: Occasion) -> str:
    """All conditions in one line; of those that hold only these."""
    held = [one for one in occasion.alternatives if one.holds] or occasion.alternatives
    return words.joined((_alternative(words, one) for one in held), "or")


def occasion_told(words: Words, occasion: Occasion) -> Iterator[str]:
    """The conditions, each with its mark, and what was counted for them."""
    yield words.say("one_of" if len(occasion.alternatives) > 1 else "all_of")
    for one in occasion.alternatives:
        yield f"  {MET if one.holds else NOT_MET} {_alternative(words, one)}"
    for watch in occasion.watches:
        yield from _watch(words, watch)


def _alternative(words: Words, alternative: Alternative) -> str:
    return words.joined((condition_told(words, one) for one in alternative.conditions), "and")


def _compared(words: Words, condition: ConditionSeen, compared: Compared) -> str:
    name = condition.name
    value = words.say("nothing") if condition.value is None else words.value(condition.value, condition.unit)
    bound = words.value(compared.value, condition.unit)
    if compared.holds or compared.operator is not Operator.GTE:
        asked = words.bound(compared.operator, bound)
        told = words.say("met" if compared.holds else "against", name=name, value=value, bound=asked)
    else:
        told = words.say("of", name=name, value=value, bound=bound)
    if compared.missing is None:
        return told
    missing = words.value(compared.missing, condition.unit)
    return told + words.say("short" if compared.operator in _AT_LEAST else "over", missing=missing)


def _watch(words: Words, watch: WatchSeen) -> Iterator[str]:
    total = words.say("one_event") if watch.total == 1 else words.say("event_count", n=watch.total)
    line = words.say(
        "window",
        what=words.say("counted_as", name=watch.name) if watch.name else words.say("counted"),
        after=words.time(watch.after),
        upto=words.time(watch.upto),
        total=total,
    )
    yield line + (words.say("leaves", time=words.time(watch.leaves_at)) if watch.leaves_at else "")
    shown = watch.events[-_EVENTS_SHOWN:]
    if watch.total > len(shown):
        yield f"    {words.say('more', n=watch.total - len(shown))}"
    for event in shown:
        yield f"    {words.time(event.event_time)}  {event.type}  {printable(event.event_id)}"
