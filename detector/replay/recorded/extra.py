"""Libraries that only some sources need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from detector.replay.recorded.batch import RecordedError


@contextmanager
def needed_for(what: str) -> Iterator[None]:
    """Import a library of the extra `backtest` in here.

    Raises:
        RecordedError: it is not installed; says how it gets there.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        raise RecordedError(
            f"{what} needs {missing.name}, which is not installed: "
            "pip install 'streaming-fraud-detector[backtest]'"
        ) from missing
