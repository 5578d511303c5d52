"""The live engine over recorded events: what would have been raised."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping

from detector.core.alert import Alert, Status
from detector.core.deciding import Deciding
from detector.core.engine import Observation
from detector.core.events import Event, Refusal, decode
from detector.core.history import Entry, History
from detector.core.lists import Members
from detector.core.routing import MERCHANT, USER
from detector.core.rule import Rule
from detector.replay.summary import Published, Summary


def standing_ids(alerts: Iterable[Alert]) -> set[str]:
    """The ids that stand when all of these were published, one after the other."""
    standing: set[str] = set()
    for alert in alerts:
        (standing.add if alert.status is Status.RAISED else standing.discard)(alert.alert_id)
    return standing


class Backtest:
    """Feeds lines of NDJSON to an engine for each scope, one after the other; file order is arrival order.

    It is the plain meaning of a backtest, and what the fast one (`detector.replay.run`) is held against.

    Args:
        rules: the rules in force.
        allowed_lateness: in ms.
        history_cap: the most events that are kept of one key.
        lists: by name, at least those that the rules look things up in; the tiers among them.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        allowed_lateness: int,
        history_cap: int,
        lists: Mapping[str, Members] | None = None,
    ) -> None:
        self._deciding = Deciding(rules, lists or {}, allowed_lateness, history_cap)
        self._histories: dict[str, dict[str, History]] = {scope: {} for scope in self._deciding.engines}
        self._published = Published()
        self.summary = Summary()

    def run(self, lines: Iterable[bytes]) -> Iterator[Alert]:
        """Every alert that is raised or withdrawn, as it would have been published."""
        started = time.perf_counter()
        for line in lines:
            stripped = line.strip()
            if stripped:
                yield from self._take(decode(stripped))
        self.summary.seconds += time.perf_counter() - started
        self.summary.published = self._published.total
        self.summary.standing = self._published.standing()
        self.summary.users = len(self._histories[USER])

    def _take(self, event: Event | Refusal) -> Iterator[Alert]:
        self.summary.events += 1
        if isinstance(event, Refusal):
            self.summary.refused[event.reason] += 1
            return
        self.summary.saw([event.event_time])
        self._deciding.tiers.give(event)
        observed = [self._observe(USER, event)]
        if self._deciding.routing.onward(event, observed[0].outcome) is not None:
            observed.append(self._observe(MERCHANT, event))
        for alert in (alert for one in observed for alert in one.alerts):
            self._published.note(alert)
            yield alert
        self.summary.count({one.outcome for one in observed}, any(one.late for one in observed))

    def _observe(self, scope: str, event: Event) -> Observation:
        history = self._histories[scope].setdefault(getattr(event, scope), History())
        observed = self._deciding.engines[scope].observe(history, Entry(event, None), event.event_time)
        history.unsaved.clear()
        return observed
