"""What can go wrong with a file, in one line for whoever can mend it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from detector.replay.recorded.batch import RecordedError


@contextmanager
def reading(source: Path | str) -> Iterator[None]:
    """Turn what the system, or whoever unpacks it, says of a source into an error that names it.

    Raises:
        RecordedError: the source is not there, cannot be read, or is damaged.
    """
    try:
        yield
    except (EOFError, OSError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise RecordedError(f"{source}: cannot be read: {error.strerror}") from error
        raise RecordedError(
            f"{source}: its end is missing, or it is damaged ({error}); what follows could not be read: "
            "copy it anew"
        ) from error
