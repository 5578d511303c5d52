"""The detector's code with its core compiled, as it is in a wheel."""

import subprocess
import tempfile
import zipfile
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def compiled_code(folder: Path) -> Path:
    """Build the wheel, which takes a minute or two, and unpack it into a folder; gives the folder."""
    with tempfile.TemporaryDirectory(prefix="detector-wheel-") as apart:
        # Nobody else's build is in its way, nor it in theirs.
        command = ["make", "--silent", "wheel", f"BUILD={apart}", f"DIST={apart}"]
        subprocess.run(command, cwd=_ROOT, check=True, stdout=subprocess.DEVNULL)
        (wheel,) = Path(apart).glob("*.whl")
        with zipfile.ZipFile(wheel) as unpacked:
            unpacked.extractall(folder)
    return folder


def with_code(folder: Path) -> dict[str, str]:
    """The variables with which Python takes its code from a folder, wherever it is started."""
    return {"PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}
