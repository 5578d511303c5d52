"""Files that a command writes to."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import IO, Literal

from detector.cli.console import fail


def opened(stack: ExitStack, path: Path, mode: Literal["wb", "ab"] = "wb") -> IO[bytes]:
    """A file to write to, or the end with one line: before a run, which may take long."""
    try:
        return stack.enter_context(path.open(mode))
    except OSError as error:
        fail(f"{path}: cannot be written: {error.strerror}")
