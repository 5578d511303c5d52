"""What is fetched or made once, in the user's cache folder."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def cached_folder(name: str, fill: Callable[[Path], None]) -> Path:
    """Return the folder of that name; `fill` makes it where the cache has none.

    A folder under its final name is complete, whatever interrupts this: it is filled elsewhere and renamed.
    """
    folder = _cache() / name
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as staging:
            _fill(folder, Path(staging) / name, fill)
    return folder


def _fill(folder: Path, staged: Path, fill: Callable[[Path], None]) -> None:
    fill(staged)
    try:
        staged.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another run was faster
            raise


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "streaming-fraud-detector"
