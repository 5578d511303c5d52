"""What ends a run, in one line for whoever can mend it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class RunError(Exception):
    """A run cannot go on; the text says why, and what to do."""


class StoppedWhileReadingError(RunError):
    """A run was stopped before anything was evaluated: there are no alerts."""


@contextmanager
def spilling() -> Iterator[None]:
    """Turn what the system says of the files that a run keeps for itself into an error that says what to do.

    Raises:
        RunError: the disk is full, or the directory is not to be written to.
    """
    try:
        yield
    except OSError as error:
        raise RunError(
            f"the run's own files cannot be kept: {error.strerror or error}; "
            "--spill-dir names a directory with room for twice the events"
        ) from error
