"""Which live rule a rule in shadow may be meant to replace."""

from __future__ import annotations

from collections.abc import Iterable

from detector.core.rule import Mode, Rule, selectors_of

_JOINTS = "-_."


def counterparts(shadow: Rule, rules: Iterable[Rule]) -> list[Rule]:
    """The live rules that fit, by id: the one whose id the other's begins with, else those much like it.

    Of several such ids the longest counts. Rules are alike that watch the same types of events by the same
    key.
    """
    live = [rule for rule in rules if rule.mode is Mode.LIVE]
    named = [rule for rule in live if is_named_after(shadow, rule)]
    if named:
        return [max(named, key=lambda rule: len(rule.id))]
    return sorted((rule for rule in live if _are_alike(shadow, rule)), key=lambda rule: rule.id)


def is_named_after(shadow: Rule, live: Rule) -> bool:
    """Whether the one's id is the other's with something behind it: no-password-burst-2."""
    return any(shadow.id.startswith(live.id + joint) for joint in _JOINTS)


def _are_alike(one: Rule, other: Rule) -> bool:
    return one.by == other.by and _events_of(one) == _events_of(other)


def _events_of(rule: Rule) -> set[str]:
    return {name for selector in selectors_of(rule) for name in selector.events}
