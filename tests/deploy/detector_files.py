"""What the deployment's files say of the detector, asked of the detector itself."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]


def read_yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def read_all_yaml(text: str) -> list[Any]:
    return [document for document in YAML(typ="safe").load_all(text) if document]


def assert_command_exists(arguments: Sequence[str]) -> None:
    """The command and its options are the program's: its parser looks at all before it shows the help."""
    command = [sys.executable, "-m", "detector", *arguments, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    words = [word for word in arguments if not word.startswith("-")]
    assert f"detector {words[0]}" in done.stdout
