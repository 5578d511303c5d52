"""The way of an event through the scopes: every event by its user, some by their merchant after that."""

from __future__ import annotations

from collections.abc import Iterable

from detector.core.engine import Outcome
from detector.core.events import FIELDS, Event
from detector.core.predicates import compile_selector
from detector.core.rule import Mode, Rule, regardless_of_lists, selectors_of

USER = "user_id"
MERCHANT = "merchant_id"


def rules_by(scope: str, rules: Iterable[Rule]) -> list[Rule]:
    """The rules whose key begins with the field that names the scope."""
    return [rule for rule in rules if rule.by[0] == scope]


class Routing:
    """Decides, from what became of an event in the user scope, whether the merchant scope sees it too.

    It does where the event is not a duplicate, names a merchant, and is of a type that a rule by merchant
    can use. An event that came too late for its user still goes on: it is refused only where it is too
    late for all its keys.

    Args:
        rules: all rules in force; those in mode off want nothing.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._wanted = frozenset(
            event_type
            for rule in rules_by(MERCHANT, rules)
            if rule.mode is not Mode.OFF
            for selector in map(regardless_of_lists, selectors_of(rule))
            for event_type in compile_selector(selector)
            if MERCHANT in FIELDS[event_type]
        )

    @property
    def leads_on(self) -> bool:
        """Whether any event can go on."""
        return bool(self._wanted)

    def onward(self, event: Event, outcome: Outcome) -> str | None:
        """The merchant that an event goes on to after that outcome in the user scope; None where to none."""
        if outcome is Outcome.DUPLICATE or event.type not in self._wanted:
            return None
        merchant: str = getattr(event, MERCHANT)
        return merchant
