"""All that decides on events: the rules in force with the lists that they look things up in, ready to run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from detector.core.engine import Engine
from detector.core.lists import Members
from detector.core.routing import MERCHANT, USER, Routing, rules_by
from detector.core.rule import Rule, lists_of
from detector.core.tiers import tiers_of


class Deciding:
    """An engine for each scope, the way of an event from one to the other, and the tiers it is given before.

    The user scope has an engine without rules by user too: it tells duplicates. `span` is the longest time
    (ms) from an event that a rule uses to the end of the allowed lateness.

    Args:
        rules: those in force.
        lists: by name, at least those that the rules look things up in; the tiers among them.
        allowed_lateness: in ms.
        history_cap: how many events of one key are kept as they are.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        lists: Mapping[str, Members],
        allowed_lateness: int,
        history_cap: int,
    ) -> None:
        rules = list(rules)
        named = {name for rule in rules for name in lists_of(rule)}
        members = {name: frozenset(found) for name, found in lists.items() if name in named}
        self.engines = {
            scope: Engine(rules_by(scope, rules), allowed_lateness, history_cap, members)
            for scope in (USER, MERCHANT)
        }
        self.routing = Routing(rules)
        self.tiers = tiers_of(lists)
        self.span = max((rule.span for rule in rules), default=0) + allowed_lateness
