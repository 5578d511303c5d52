"""Keeps several workers running: whoever ends is started again, and all end together.

The first is started alone. Where it ends before it has been ready it was refused, by a rule that is wrong or
a Redis that is not there, and its exit code is that of all. Later such a thing passes, and is tried again
and again.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable

from detector.supervise.worker_process import WorkerProcess

_LOOK_SECONDS = 0.2
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 10.0
_DRAIN_SECONDS = 60.0
_log = logging.getLogger(__name__)


class _Place:
    """What one of the workers runs in, from one start to the next."""

    def __init__(self, number: int, worker: WorkerProcess) -> None:
        self.number = number
        self.worker = worker
        self.pause = _FIRST_PAUSE_SECONDS
        self.starts_at: float | None = None

    def has_ended(self, now: float) -> None:
        """Have it started again after a pause, which grows where it was not ready in between."""
        self.starts_at = now + self.pause
        self.pause = min(2 * self.pause, _LONGEST_PAUSE_SECONDS)


class Supervisor:
    """Runs workers until it is told to stop.

    Args:
        start: starts a worker.
        number: how many.
    """

    def __init__(self, start: Callable[[], WorkerProcess], number: int) -> None:
        self._start = start
        self._number = number
        self._places: list[_Place] = []
        self._stopping = False

    @property
    def workers(self) -> list[tuple[int, WorkerProcess]]:
        """The workers by their numbers, those included that have ended and are not started again yet.

        None before it runs, and only the first until that has been ready.
        """
        return [(place.number, place.worker) for place in self._places]

    def stop(self) -> None:
        """Have all finish what is under way and end; safe in a signal's handler."""
        self._stopping = True

    def reload(self) -> None:
        """Have all read their rules again."""
        for _, worker in self.workers:
            worker.send(signal.SIGHUP)

    def run(self, beat: Callable[[], None]) -> int:
        """Keep them running; calls `beat` all along, and gives the exit code."""
        self._start_up_to(1)
        code = 0
        while not self._stopping and not code:
            beat()
            code = self._look_after_all(time.monotonic())
            time.sleep(_LOOK_SECONDS)
        self._end_all()
        return code

    def _look_after_all(self, now: float) -> int:
        """Start again whoever has ended; gives the exit code of one that was refused, else 0."""
        return next((code for place in list(self._places) if (code := self._look_after(place, now))), 0)

    def _look_after(self, place: _Place, now: float) -> int:
        if place.starts_at is not None:
            if now >= place.starts_at:
                place.worker, place.starts_at = self._start(), None
            return 0
        code = place.worker.exit_code()
        if code is None:
            self._note_readiness(place)
        elif code and self._lacks_some():
            return code
        else:
            _log.error(
                "worker %d ended with exit code %d, starting it again in %.0f s",
                place.number,
                code,
                place.pause,
            )
            place.has_ended(now)
        return 0

    def _note_readiness(self, place: _Place) -> None:
        """Ask only where something hangs on it."""
        if (place.pause > _FIRST_PAUSE_SECONDS or self._lacks_some()) and not place.worker.reasons():
            place.pause = _FIRST_PAUSE_SECONDS
            if self._lacks_some():
                _log.info("the first worker is ready, starting the other %d", self._number - 1)
                self._start_up_to(self._number)

    def _lacks_some(self) -> bool:
        return len(self._places) < self._number

    def _start_up_to(self, number: int) -> None:
        self._places += [_Place(at, self._start()) for at in range(len(self._places) + 1, number + 1)]

    def _end_all(self) -> None:
        for _, worker in self.workers:
            worker.send(signal.SIGTERM)
        deadline = time.monotonic() + _DRAIN_SECONDS
        for _, worker in self.workers:
            worker.end(max(0.0, deadline - time.monotonic()))
