"""The live engine over recorded events, for the history of one key alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from detector.core.deciding import Deciding
from detector.core.engine import Outcome
from detector.core.events import Event, Position, Refusal, decode
from detector.core.history import Entry, History
from detector.core.lists import Members
from detector.core.routing import MERCHANT, USER
from detector.core.rule import Rule

_ESCAPE = b"\\"


class OneKey:
    """What the engine keeps of one user or merchant after lines of NDJSON; file order is arrival order.

    Of a user no other events are looked at. Before a merchant's engine sees an event its user's does, which
    tells duplicates: so all events are, of all users. `taken` are the events that the key's engine took, in
    their order of arrival, where they are kept.

    Args:
        rules: the rules in force.
        allowed_lateness: in ms.
        history_cap: the most events that are kept of one key.
        lists: by name, at least those that the rules look things up in; the tiers among them.
        scope: `user_id` or `merchant_id`.
        key: of whom.
        keeps_taken: whether to keep all events of the key, for `as_of`.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        allowed_lateness: int,
        history_cap: int,
        lists: Mapping[str, Members],
        scope: str,
        key: str,
        *,
        keeps_taken: bool,
    ) -> None:
        self._deciding = Deciding(rules, lists, allowed_lateness, history_cap)
        self._engine = self._deciding.engines[scope]
        self._scope = scope
        self._key = key
        self._bytes = key.encode()
        self._keeps_taken = keeps_taken
        self._users: dict[str, History] = {}
        self.history = History()
        self.taken: list[Event] = []

    def run(self, lines: Iterable[bytes]) -> None:
        """Take in lines; those that are refused are passed over, as the engine does."""
        for line in lines:
            if self._may_matter(line):
                event = decode(line.strip())
                if not isinstance(event, Refusal):
                    self._deciding.tiers.give(event)
                    self._take(event)

    def as_of(self, position: Position) -> History:
        """The history as it were if no event after that position had happened."""
        history = History()
        for event in self.taken:
            if (event.event_time, event.event_id) <= position:
                self._observe(history, event)
        return history

    def _may_matter(self, line: bytes) -> bool:
        """Whether a line can be of the key, as far as is told without decoding it."""
        return self._scope == MERCHANT or self._bytes in line or _ESCAPE in line

    def _take(self, event: Event) -> None:
        if self._scope == MERCHANT:
            user = self._users.setdefault(event.user_id, History())
            observed = self._deciding.engines[USER].observe(user, Entry(event, None), event.event_time)
            user.unsaved.clear()
            if self._deciding.routing.onward(event, observed.outcome) != self._key:
                return
        elif event.user_id != self._key:
            return
        if self._observe(self.history, event) is Outcome.ACCEPTED and self._keeps_taken:
            self.taken.append(event)

    def _observe(self, history: History, event: Event) -> Outcome:
        observed = self._engine.observe(history, Entry(event, None), event.event_time)
        history.unsaved.clear()
        return observed.outcome
