"""The Flink job: its jars and its compiled classes, had once in the user's cache folder."""

from __future__ import annotations

import hashlib
import subprocess
from functools import partial
from pathlib import Path

from tests.servers.cache import cached_folder
from tests.servers.errors import MissingServerError
from tests.servers.jars import maven_jars, program

_JOB = "TwoRulesJob"
_FOLDER = Path(__file__).parent / "peers" / "flink"
_POM = _FOLDER / "pom.xml"
_REMEDY = "for Flink install JDK 17+ and Maven, or leave it out by naming the others with --peer"
# What Flink's own configuration opens to it on Java 17.
_OPEN = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("java.lang", "java.util", "java.time")]


def flink_job() -> list[str]:
    """The command that runs the job, but for its arguments.

    Raises:
        MissingServerError: Java, Maven or the jars are missing, or the job cannot be compiled.
    """
    jars = maven_jars("flink", _POM, _REMEDY)
    return [program("java", _REMEDY), *_OPEN, "-cp", f"{_classes(jars)}:{jars}/*", _JOB]


def flink_version() -> str:
    """The version that the pom.xml names."""
    return _POM.read_text().partition("<flink.version>")[2].partition("<")[0]


def _classes(jars: Path) -> Path:
    sources = sorted(_FOLDER.glob("*.java"))
    digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    return cached_folder(f"{jars.name}-classes-{digest}", partial(_compile, jars, sources))


def _compile(jars: Path, sources: list[Path], target: Path) -> None:
    compiler = [program("javac", _REMEDY), "-nowarn", "-cp", f"{jars}/*", "-d", str(target)]
    command = [*compiler, *(str(source) for source in sources)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        reason = next((line for line in result.stderr.splitlines() if "error" in line), "no output")
        raise MissingServerError(f"the Flink job cannot be compiled ({reason}): {_REMEDY}")
