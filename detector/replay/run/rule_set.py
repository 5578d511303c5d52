"""What is evaluated: rule sets, with all that they depend on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from detector.core.deciding import Deciding
from detector.core.lists import Members
from detector.core.rule import Rule


class RuleSet(NamedTuple):
    """Rules that are in force together, under a name that tells them from the other sets of the run."""

    name: str
    rules: tuple[Rule, ...]


class Evaluated(NamedTuple):
    """What events are evaluated with. Times are milliseconds.

    Args:
        rule_sets: each on its own; none sees what another one does.
        lists: by name, at least those that the rules look things up in; the tiers among them.
        allowed_lateness: that an event may come behind the newest of its key.
        history_cap: the most events that are kept of one key.
    """

    rule_sets: tuple[RuleSet, ...]
    lists: Mapping[str, Members]
    allowed_lateness: int
    history_cap: int

    def deciding(self) -> list[Deciding]:
        """What decides on events, a set each."""
        return [
            Deciding(rule_set.rules, self.lists, self.allowed_lateness, self.history_cap)
            for rule_set in self.rule_sets
        ]
