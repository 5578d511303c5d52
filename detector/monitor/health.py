"""Whether the worker lives, and whether it is ready."""

import threading
import time
from collections.abc import Callable, Mapping

_HEARTBEAT_LIMIT_S = 60.0


class Health:
    """What keeps the worker from being ready, and the heartbeat of its main loop; safe in any thread.

    It is ready when every condition is met and nothing has stalled.
    """

    def __init__(
        self,
        pending: Mapping[str, str],
        *,
        heartbeat_limit_s: float = _HEARTBEAT_LIMIT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start unready.

        Args:
            pending: The conditions of being ready, and why each is not met yet.
            heartbeat_limit_s: The age of the heartbeat from which the main loop counts as stuck.
            clock: Monotonic seconds.
        """
        self._lock = threading.Lock()
        self._reasons = dict(pending)
        self._stalled: Mapping[str, str] = {}
        self._limit_s = heartbeat_limit_s
        self._clock = clock
        self._last_beat = clock()

    def met(self, condition: str) -> None:
        """Say that a condition is met."""
        with self._lock:
            self._reasons.pop(condition, None)

    def unmet(self, condition: str, reason: str) -> None:
        """Say that a condition is not met, and why; the reason is published."""
        with self._lock:
            self._reasons[condition] = reason

    def stalled(self, reasons: Mapping[str, str]) -> None:
        """Say what has stalled, by its name, in place of what was said before; the reasons are published."""
        with self._lock:
            self._stalled = dict(reasons)

    def beat(self) -> None:
        """Show that the main loop runs; only the main loop calls this."""
        self._last_beat = self._clock()

    def heartbeat_age(self) -> float:
        """Return the seconds since the last beat."""
        return self._clock() - self._last_beat

    def alive(self) -> bool:
        """Whether the main loop has beaten lately; does not depend on Kafka or Redis."""
        return self.heartbeat_age() <= self._limit_s

    def ready(self) -> tuple[bool, dict[str, str]]:
        """Whether it is ready, and the reasons by name where not."""
        with self._lock:
            reasons = {**self._reasons, **self._stalled}
        return not reasons, reasons
