"""Jars, Apache Kafka's above all, fetched once by Maven into the user's cache folder."""

import hashlib
import shutil
import subprocess
from functools import partial
from pathlib import Path

from tests.servers.cache import cached_folder
from tests.servers.errors import MissingServerError

_POM = Path(__file__).with_name("pom.xml")
_REMEDY = (
    "for a Kafka of the tests install JDK 17+ and Maven, or Docker and testcontainers, "
    "or set DETECTOR_TEST_KAFKA to host:port"
)
_MAVEN_SECONDS = 600


def java() -> str:
    return program("java", _REMEDY)


def kafka_jars() -> Path:
    """Return the folder of Kafka's jars."""
    return maven_jars("kafka", _POM, _REMEDY)


def maven_jars(name: str, pom: Path, remedy: str) -> Path:
    """Return the folder of a pom.xml's jars; Maven runs only when the cache has none for it.

    Raises:
        MissingServerError: they cannot be fetched; the message ends in the remedy.
    """
    version = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    return cached_folder(f"{name}-{version}", partial(_copy_dependencies, pom, remedy))


def program(name: str, remedy: str) -> str:
    """Return the path of a program.

    Raises:
        MissingServerError: it is not installed; the message ends in the remedy.
    """
    path = shutil.which(name)
    if path is None:
        raise MissingServerError(f"{name} is not on PATH: {remedy}")
    return path


def _copy_dependencies(pom: Path, remedy: str, target: Path) -> None:
    command = [program("mvn", remedy), "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
    options = [f"-DoutputDirectory={target}", "-DincludeScope=runtime"]
    result = subprocess.run(
        [*command, *options], capture_output=True, text=True, check=False, timeout=_MAVEN_SECONDS
    )
    if result.returncode:
        reason = next((line for line in result.stdout.splitlines() if "[ERROR]" in line), "no output")
        raise MissingServerError(f"Maven could not fetch the jars of {pom.parent.name} ({reason}): {remedy}")
