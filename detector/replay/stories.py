"""Which alerts of one rule and entity tell the same story."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator

from detector.core.alert import Alert


class Stories:
    """The stories of some alerts of one rule and entity, each from its first evidence to its anchor."""

    def __init__(self, alerts: Iterable[Alert]) -> None:
        self._alerts = sorted(alerts, key=lambda alert: alert.event_time)
        self._ends = [alert.event_time for alert in self._alerts]
        self._begins = [_begin(alert) for alert in self._alerts]
        self._longest = max(
            (end - begin for begin, end in zip(self._begins, self._ends, strict=True)), default=0
        )
        self._by_case: defaultdict[str, list[Alert]] = defaultdict(list)
        for alert in self._alerts:
            self._by_case[alert.case_id].append(alert)

    def told_by(self, other: Alert, reach: int) -> Iterator[Alert]:
        """The alerts whose story is the other alert's too, some of them twice.

        They have its case, or overlap with it in time, or their anchors lie within the reach (ms) of its own.
        """
        yield from self._by_case.get(other.case_id, ())
        begin, end = _begin(other), other.event_time
        # What ends later than by the longest story began after the other's end.
        first = bisect_left(self._ends, min(begin, end - reach))
        last = bisect_right(self._ends, end + max(self._longest, reach))
        for number in range(first, last):
            overlap = self._begins[number] <= end and begin <= self._ends[number]
            if overlap or abs(self._ends[number] - end) <= reach:
                yield self._alerts[number]


def _begin(alert: Alert) -> int:
    return min((event.event_time for event in alert.evidence), default=alert.event_time)
