"""How far a peer has come, told without its doing more than counting."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

_EVERY_SECONDS = 0.05


class Progress:
    """Counts the events that are done; a thread keeps a file that says how many.

    The file holds 20 digits and a line's end, written now and every 50 ms for as long as the process lives.
    """

    def __init__(self, path: Path) -> None:
        self._events = 0
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY)
        self._write()
        threading.Thread(target=self._keep_writing, daemon=True).start()

    def count(self) -> None:
        """One event more is done: nothing is left to be decided on it."""
        self._events += 1

    def _keep_writing(self) -> None:
        while True:
            time.sleep(_EVERY_SECONDS)
            self._write()

    def _write(self) -> None:
        os.pwrite(self._file, b"%020d\n" % self._events, 0)


def read_progress(path: Path) -> int:
    """How many events a file says are done; 0 where it says nothing yet."""
    return int(path.read_bytes() or b"0")
