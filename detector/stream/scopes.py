"""The two ways of keying events, by user and by merchant, each with what it decides and stores with."""

from __future__ import annotations

from collections.abc import Sequence

from detector.core.deciding import Deciding
from detector.core.engine import Engine
from detector.core.events import Event
from detector.core.routing import MERCHANT, USER
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
    """Both scopes, with what decides on their events: it can be replaced between two rounds.

    Args:
        topics: the input topics.
        partitions: how many partitions each of them has.
        deciding: decides at first.
    """

    def __init__(self, topics: Sequence[str], partitions: int, deciding: Deciding) -> None:
        engines = deciding.engines
        self.user = Scope(USER, "h:", Codec(topics, USER), engines[USER])
        self.merchant = Scope(MERCHANT, "m:", Codec(topics, MERCHANT, partitions), engines[MERCHANT])
        self.routing = deciding.routing
        self.tiers = deciding.tiers

    def use(self, deciding: Deciding) -> None:
        """Decide with this from now on."""
        for scope in (self.user, self.merchant):
            scope.engine = deciding.engines[scope.field]
        self.routing = deciding.routing
        self.tiers = deciding.tiers

    def evaluations(self) -> dict[str, int]:
        """How often each rule was evaluated since it was last asked, by rule id; those never are left out."""
        return self.user.engine.evaluations() | self.merchant.engine.evaluations()

    def of(self, key: str) -> tuple[Scope, str]:
        """The scope of a store's key, and the key without its prefix."""
        scope = self.user if key.startswith(self.user.prefix) else self.merchant
        return scope, key.removeprefix(scope.prefix)
