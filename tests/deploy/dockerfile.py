"""The Dockerfile, read as far as its tests need: stages of instructions, and what runs without Docker."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.detector_files import ROOT

DOCKERFILE = ROOT / "Dockerfile"


@dataclass(frozen=True)
class Instruction:
    name: str
    text: str

    def words(self) -> list[str]:
        """The words of the JSON form, else those of a shell."""
        return json.loads(self.text) if self.text.startswith("[") else shlex.split(self.text)


@dataclass
class Stage:
    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)

    def of(self, name: str) -> list[Instruction]:
        return [found for found in self.instructions if found.name == name]

    def environment(self) -> dict[str, str]:
        pairs = [word.partition("=") for found in self.of("ENV") for word in found.words()]
        return {name: value for name, _, value in pairs}


def instructions() -> Iterator[Instruction]:
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield Instruction(name, rest.strip())


def stages() -> list[Stage]:
    found: list[Stage] = []
    for instruction in instructions():
        if instruction.name == "FROM":
            base, *name = instruction.text.split(" AS ")
            found.append(Stage(base, name[0] if name else ""))
        elif found:
            found[-1].instructions.append(instruction)
    return found


def arguments() -> dict[str, str]:
    """The arguments that choose stages and base, with their defaults."""
    pairs = [found.text.partition("=") for found in instructions() if found.name == "ARG"]
    return {name: value for name, _, value in pairs}


def install(folder: Path, python: str) -> None:
    """Do below a folder what the image's stages do to install the detector, with this Python."""
    build, tools = folder / "build", folder / "tools"
    build.mkdir()
    _tools(tools, python)
    names = ("packages", f"core-{arguments()['CORE']}")
    for stage in (stage for stage in stages() if stage.name in names):
        for instruction in stage.instructions:
            if instruction.name == "COPY":
                *sources, target = instruction.words()
                _copy(sources, build / target)
            if instruction.name == "RUN":
                _run(
                    instruction.text.replace("/opt/", f"{folder}/opt/"),
                    build,
                    {"PATH": f"{tools}:/usr/bin:/bin"},
                )


def _tools(folder: Path, python: str) -> None:
    """`python` and `pip`, as the base image has them."""
    folder.mkdir()
    for name, command in (("python", python), ("pip", f"{sys.executable} -m pip")):
        (folder / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (folder / name).chmod(0o755)


def _copy(sources: list[str], target: Path) -> None:
    for source in sources:
        path = ROOT / source
        if path.is_dir():
            shutil.copytree(path, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, target)


def _run(command: str, folder: Path, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        ["/bin/sh", "-ec", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
