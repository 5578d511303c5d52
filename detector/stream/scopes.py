"""The two ways of keying events, by user and by merchant, each with what it decides and stores with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from detector.config import StateSettings
from detector.core.engine import Engine
from detector.core.events import Event
from detector.core.routing import MERCHANT, USER, Routing, rules_by
from detector.core.rule import Rule
from detector.state.codec import Codec


class Scope:
    """One way of keying events.

    `field` is the event field that holds the key, `prefix` what a key begins with in the store; `codec`
    writes the histories, and `engine` decides with the rules in force.
    """

    def __init__(self, field: str, prefix: str, codec: Codec, engine: Engine) -> None:
        self.field = field
        self.prefix = prefix
        self.codec = codec
        self.engine = engine

    def key(self, event: Event) -> str:
        """The store's key of the history that an event belongs to."""
        own: str = getattr(event, self.field)
        return self.prefix + own


class Scopes:
    """Both scopes with the rules in force, and the way of an event from one to the other.

    The user scope works without rules by user too: it tells duplicates.

    Args:
        topics: the input topics.
        partitions: how many partitions each of them has.
        rules: those in force.
        state: how much history is kept.
    """

    def __init__(
        self, topics: Sequence[str], partitions: int, rules: Iterable[Rule], state: StateSettings
    ) -> None:
        rules = list(rules)

        def engine(scope: str) -> Engine:
            return Engine(rules_by(scope, rules), state.allowed_lateness, state.history_cap)

        self.user = Scope(USER, "h:", Codec(topics, USER), engine(USER))
        self.merchant = Scope(MERCHANT, "m:", Codec(topics, MERCHANT, partitions), engine(MERCHANT))
        self.routing = Routing(rules)

    def of(self, key: str) -> tuple[Scope, str]:
        """The scope of a store's key, and the key without its prefix."""
        scope = self.user if key.startswith(self.user.prefix) else self.merchant
        return scope, key.removeprefix(scope.prefix)
