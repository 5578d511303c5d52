"""How far a peer has come, told without its doing more than counting."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.peers.two_rules import USED_TYPES

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

    def is_used(self, event: Mapping[str, Any]) -> bool:
        """Whether either rule looks at events of this type; one that neither does is done."""
        used = event["type"] in USED_TYPES
        if not used:
            self.count()
        return used

    def _keep_writing(self) -> None:
        while True:
            time.sleep(_EVERY_SECONDS)
            self._write()

    def _write(self) -> None:
        os.pwrite(self._file, b"%020d\n" % self._events, 0)


def read_progress(path: Path) -> int:
    """How many events a file says are done; 0 where it says nothing yet."""
    return int(path.read_bytes() or b"0")
