"""Waiting for servers, where no loop runs beside."""

import time
from collections.abc import Callable


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Return as soon as it holds; fails where it does not within the time."""
    give_up_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up_at, f"not within {seconds} s"
        time.sleep(0.02)
