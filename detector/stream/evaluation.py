"""Takes the events of a share through the engines, and notes in the share what each leads to.

It runs for every event, so it is compiled with the core where that is.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from detector.core.alert import Alert
from detector.core.engine import Engine, Outcome
from detector.core.events import Reason, Refusal
from detector.stream.dead_letters import DeadLetter
from detector.stream.histories import Histories
from detector.stream.outbox import pack
from detector.stream.rekeyed import traceparent_of
from detector.stream.rekeying import Rekeying
from detector.stream.scopes import Scopes
from detector.stream.shares import Arrival, Share

_TOO_LATE = Refusal(
    Reason.TOO_LATE, "event_time lies further back than the allowed lateness and than anything that is kept"
)


class Evaluation:
    """Lets the engines see events, and finds out where each goes from there.

    Args:
        histories: of the keys; those of a share must be in memory.
        scopes: decide.
        rekeying: takes events from the user scope to the merchant scope.
        source: names this detector in the headers of alerts.
    """

    def __init__(self, histories: Histories, scopes: Scopes, rekeying: Rekeying, source: str) -> None:
        self._histories = histories
        self._scopes = scopes
        self._rekeying = rekeying
        self._source = source.encode()

    def evaluate(self, partition: int, share: Share) -> None:
        """Decide on what a partition brought, first by user and then by merchant."""
        detected_at = int(time.time() * 1000)
        self._users(partition, share, detected_at)
        self._merchants(partition, share, detected_at)

    def _users(self, partition: int, share: Share, detected_at: int) -> None:
        histories = self._histories.of(partition)
        engine: Engine = self._scopes.user.engine
        routing = self._scopes.routing
        rekeying = self._rekeying
        forwards = share.forwards
        for arrival in share.users:
            key, entry, record, _ = arrival
            outcome, late, alerts = engine.observe(histories[key], entry, detected_at)
            if alerts or late or outcome is not Outcome.ACCEPTED:
                self._note(share, arrival, outcome, late, alerts)
            too_late = outcome is Outcome.TOO_LATE
            merchant = routing.onward(entry[0], outcome)
            if merchant is not None:
                target, name = rekeying.address(merchant)
                forwards[target].append((name, rekeying.encode(entry, record, too_late)))
            elif too_late:
                share.letters.append(DeadLetter(record, _TOO_LATE))

    def _merchants(self, partition: int, share: Share, detected_at: int) -> None:
        histories = self._histories.of(partition)
        engine: Engine = self._scopes.merchant.engine
        for arrival in share.merchants:
            key, entry, _, rekeyed = arrival
            outcome, late, alerts = engine.observe(histories[key], entry, detected_at)
            if alerts or late or outcome is not Outcome.ACCEPTED:
                self._note(share, arrival, outcome, late, alerts)
            if outcome is Outcome.TOO_LATE and rekeyed is not None and rekeyed.original is not None:
                share.letters.append(DeadLetter(self._rekeying.original(rekeyed), _TOO_LATE))

    def _note(
        self, share: Share, arrival: Arrival, outcome: Outcome, late: bool, alerts: Sequence[Alert]
    ) -> None:
        """Note what only few events lead to."""
        _, entry, record, rekeyed = arrival
        if late or outcome is not Outcome.ACCEPTED:
            share.unusual[record.topic, outcome, late] += 1
        recorded_at = record.timestamp if rekeyed is None else rekeyed.timestamp
        for alert in alerts:
            is_own = (alert.anchor.topic, alert.anchor.partition, alert.anchor.offset) == entry.source
            trace = traceparent_of(record) if rekeyed is None else rekeyed.traceparent
            share.outbox.append(pack(alert, self._source, recorded_at, trace if is_own else None))
            share.alerts.append(alert)
