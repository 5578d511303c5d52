"""How far behind the events of each topic are, in seconds of event time."""

from __future__ import annotations

from collections.abc import Collection

from faust.types import TP


class EventTimes:
    """The newest event time that each partition of a topic has brought."""

    def __init__(self) -> None:
        self._newest: dict[TP, int] = {}

    def note(self, tp: TP, event_time: int) -> None:
        """Take in the event time (ms since 1970 UTC) of an event that was processed."""
        self._newest[tp] = max(event_time, self._newest.get(tp, 0))

    def keep(self, partitions: Collection[int]) -> None:
        """Forget all other partitions: other workers have them now."""
        self._newest = {tp: at for tp, at in self._newest.items() if tp.partition in partitions}

    def lags(self, behind: Collection[TP], now: float) -> dict[str, float]:
        """The lag of each topic that has brought events, in seconds before `now` (Unix time).

        Where partitions have a backlog (`behind`), it is that of the furthest behind among them. Where none
        has, it is the time since the topic's newest event: it grows while the platform sends nothing.
        """
        waiting = {tp: event_time for tp, event_time in self._newest.items() if tp in behind}
        reached: dict[str, int] = {}
        for tp, event_time in self._newest.items():
            reached[tp.topic] = max(event_time, reached.get(tp.topic, 0))
        for tp, event_time in waiting.items():
            reached[tp.topic] = min(event_time, reached[tp.topic])
        return {topic: max(0.0, now - event_time / 1000) for topic, event_time in reached.items()}
