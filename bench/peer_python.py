"""The Python that Quix Streams and Bytewax run in, made once in the user's cache folder.

They want other versions of the client of Kafka than the detector's locks name, so they do not share its
environment.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from tests.servers.cache import cached_folder
from tests.servers.errors import MissingServerError

_REQUIREMENTS = Path(__file__).parent / "peers" / "requirements.txt"
_PROJECT = Path(__file__).parents[1]
_REMEDY = (
    "for Quix Streams and Bytewax let pip reach its index, or leave them out by naming the others with --peer"
)
_PIP = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]


def peers_python() -> str:
    """Return the interpreter; pip runs only when the cache has none for these requirements.

    Raises:
        MissingServerError: the packages cannot be installed.
    """
    named = _REQUIREMENTS.read_bytes() + sys.version.encode()
    folder = cached_folder(f"peers-{hashlib.sha256(named).hexdigest()[:12]}", _install)
    return str(folder / "bin" / "python")


def pinned(package: str) -> str:
    """The version of a package that the requirements name."""
    lines = _REQUIREMENTS.read_text().splitlines()
    return next(line.split()[0].split("==")[1] for line in lines if line.startswith(f"{package}=="))


def _install(folder: Path) -> None:
    _run([sys.executable, "-m", "venv", str(folder)])
    python = str(folder / "bin" / "python")
    _run([python, *_PIP, "--require-hashes", "--requirement", str(_REQUIREMENTS)])
    # The peers take the ids of alerts from the detector, which asks for its own version.
    _run([python, *_PIP, "--no-build-isolation", str(_PROJECT)])


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        lines = (result.stderr or result.stdout).strip().splitlines() or ["no output"]
        raise MissingServerError(f"the peers' packages cannot be installed ({lines[-1]}): {_REMEDY}")
