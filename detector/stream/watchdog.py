"""Ends a worker that no longer works: a crash is restarted, a quiet standstill is not noticed."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

EXIT_CODE = 70
_LIMIT_S = 60.0
_INTERVAL_S = 1.0
_LOG_SECONDS = 2.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """What the watchdog sees at one moment.

    ``behind`` says that Kafka has more than was processed; ``progress`` is any number that changes when
    something was; ``heartbeat_age`` is in seconds.
    """

    assigned: bool
    behind: bool
    progress: int
    heartbeat_age: float


@dataclass(frozen=True)
class Progress:
    """The last sign of progress: the counter, and since when it has stood there with work waiting."""

    counter: int
    since: float


def follow(last: Progress | None, reading: Reading, now: float) -> Progress:
    """Return the last sign of progress after a reading; having nothing to do counts as one."""
    waiting = reading.assigned and reading.behind
    if last and waiting and reading.progress == last.counter:
        return last
    return Progress(reading.progress, now)


def verdict(progress: Progress, reading: Reading, now: float, limit_s: float = _LIMIT_S) -> str | None:
    """Return why the process must end, or None when it need not."""
    if reading.heartbeat_age > limit_s:
        return f"the main loop is stuck: no heartbeat for {reading.heartbeat_age:.0f} s"
    if now - progress.since > limit_s:
        return f"no progress for {now - progress.since:.0f} s although Kafka has more records"
    return None


class Watchdog:
    """Looks at readings from a thread of its own, and ends the process when one is past the limit.

    Nothing that it calls may wait for the main loop, which may be what is stuck.
    """

    def __init__(
        self,
        read: Callable[[], Reading],
        end: Callable[[int], None],
        *,
        limit_s: float = _LIMIT_S,
        interval_s: float = _INTERVAL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Watch nothing until ``start``.

        Args:
            read: Returns what is to be judged; must not block.
            end: Ends the process at once with an exit code, as ``os._exit`` does.
            limit_s: For how long a standstill is borne.
            interval_s: The time between readings.
            clock: Monotonic seconds.
        """
        self._read = read
        self._end = end
        self._limit_s = limit_s
        self._interval_s = interval_s
        self._clock = clock
        self._progress: Progress | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more; returns when the thread has ended."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(self._interval_s):
            if reason := self._look():
                _report(reason)
                self._end(EXIT_CODE)
                return

    def _look(self) -> str | None:
        try:
            reading = self._read()
        except Exception as error:
            # Without eyes it cannot vouch for anything.
            return f"the watchdog cannot read the worker's state: {type(error).__name__}"
        now = self._clock()
        self._progress = follow(self._progress, reading, now)
        return verdict(self._progress, reading, now, self._limit_s)


def _report(reason: str) -> None:
    """Log the reason, but not for long: who holds the log's lock may be what is stuck."""
    report = threading.Thread(
        target=_log.critical, args=("the watchdog ends the process: %s", reason), daemon=True
    )
    report.start()
    report.join(_LOG_SECONDS)
