"""Shows what stands still, and ends a worker that no longer works.

A crash is restarted; a quiet standstill is noticed by nobody.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from detector.stream.signs import UNREADY_AFTER_S, Stall

EXIT_CODE = 70
_INTERVAL_S = 1.0
_LOG_SECONDS = 2.0
_log = logging.getLogger(__name__)


class Watchdog:
    """Looks for stalls from a thread of its own, and ends the process when one is past its limit.

    Nothing that it calls may wait for the main loop, which may be what is stuck.
    """

    def __init__(
        self,
        stalls: Callable[[], Sequence[Stall]],
        show: Callable[[Mapping[str, str]], None],
        end: Callable[[int], None],
        *,
        interval_s: float = _INTERVAL_S,
    ) -> None:
        """Watch nothing until ``start``.

        Args:
            stalls: Returns what is to be judged; must not block.
            show: Is given the reasons of those that make the worker unready, by name, at every look.
            end: Ends the process at once with an exit code, as ``os._exit`` does.
            interval_s: The time between looks.
        """
        self._stalls = stalls
        self._show = show
        self._end = end
        self._interval_s = interval_s
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

    def _look(self) -> str:
        """Why the process must end; nothing where it need not."""
        try:
            stalls = self._stalls()
            self._show({stall.name: stall.reason for stall in stalls if stall.seconds > UNREADY_AFTER_S})
        except Exception as error:
            # Without eyes it cannot vouch for anything.
            return f"the watchdog cannot read the worker's state: {type(error).__name__}"
        return "; ".join(stall.reason for stall in stalls if stall.seconds > stall.limit_s)


def _report(reason: str) -> None:
    """Log the reason, but not for long: who holds the log's lock may be what is stuck."""
    report = threading.Thread(
        target=_log.critical, args=("the watchdog ends the process: %s", reason), daemon=True
    )
    report.start()
    report.join(_LOG_SECONDS)
