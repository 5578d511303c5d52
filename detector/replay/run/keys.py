"""The events of many keys through one engine: those of one key in a row, then those of the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from detector.core.engine import QUIET, Engine, Outcome
from detector.core.events import Event
from detector.core.history import Entry, History, new_tuple
from detector.core.routing import MERCHANT, USER
from detector.replay.run.account import Account

SCOPES = (USER, MERCHANT)
"""In the order in which an event passes through them."""

Unusual = dict[int, tuple[Outcome, bool]]
"""What became of events, by index, and whether they came late; others were accepted, and were not late."""


class Keys:
    """Evaluates the events of keys for one rule set.

    A key whose events come in a row costs less than one whose events are spread between others: what belongs
    to it stays in the processor's cache, and its history is dropped behind it.

    Args:
        engine: of the rule set and the keys' scope.
        account: what is said of the events.
        scope: the keys' scope.
        come_again: whether more events of the same keys follow those that are given at once.
    """

    def __init__(self, engine: Engine, account: Account, scope: str, come_again: bool) -> None:
        self._engine = engine
        self._account = account
        self._rank = SCOPES.index(scope)
        self._come_again = come_again
        self._histories: dict[str, History] = {}

    def observe(
        self,
        places: Sequence[int],
        events: Sequence[Event],
        by_key: Mapping[str, Iterable[int]],
    ) -> Unusual:
        """Evaluate events, of which each key has those of its indices, in that order."""
        unusual: Unusual = {}
        observe = self._engine.observe
        for key, indices in by_key.items():
            history = self._history(key)
            for index in indices:
                event = events[index]
                observed = observe(history, new_tuple(Entry, (event, None)), event.event_time)
                if observed is QUIET:
                    continue
                outcome, late, alerts = observed
                if late or outcome is not Outcome.ACCEPTED:
                    unusual[index] = outcome, late
                self._account.say(places[index], self._rank, alerts)
            history.unsaved.clear()
        return unusual

    def _history(self, key: str) -> History:
        if self._come_again:
            return self._histories.setdefault(key, History())
        return History()
