"""How long to wait before the next look at a worker: each look costs it time that it would use for events."""

from __future__ import annotations

_MOST = 0.95
_SELDOM_SECONDS = 1.0


class Looks:
    """Waits a second at most until most of the work is done, and as short as asked after that.

    Args:
        total: how much work there is.
        every: the seconds between looks towards the end.
    """

    def __init__(self, total: int, every: float) -> None:
        self._total = total
        self._every = every
        self._first: tuple[float, int] | None = None

    def pause(self, at: float, done: int) -> float:
        """The seconds to wait after a look that shows so much done."""
        first_at, first_done = self._first = self._first or (at, done)
        since = done - first_done
        if not since:
            return self._every
        # Half of the way to where the end is near, so that a worker that becomes faster is not missed.
        left = (_MOST * self._total - done) * (at - first_at) / since / 2
        return min(max(left, self._every), _SELDOM_SECONDS)
