"""Apache Kafka's jars, fetched once by Maven into the user's cache folder."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.servers.errors import MissingServerError

_POM = Path(__file__).with_name("pom.xml")
_REMEDY = "install JDK 17+ and Maven, or Docker and testcontainers, or set DETECTOR_TEST_KAFKA to host:port"
_MAVEN_SECONDS = 600


def java() -> str:
    return _program("java")


def kafka_jars() -> Path:
    """Return the folder of the jars; Maven runs only when the cache has none for this pom.xml."""
    version = hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]
    jars = _cache() / f"kafka-{version}"
    if not jars.is_dir():
        _fetch(jars)
    return jars


def _fetch(jars: Path) -> None:
    maven = _program("mvn")
    jars.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jars.parent) as staging:
        fetched = Path(staging) / jars.name
        _copy_dependencies(maven, fetched)
        try:
            # A folder under its final name is complete, whatever interrupts this.
            fetched.rename(jars)
        except OSError:
            if not jars.is_dir():  # else another test run was faster
                raise


def _copy_dependencies(maven: str, target: Path) -> None:
    command = [maven, "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies"]
    options = [f"-DoutputDirectory={target}", "-DincludeScope=runtime"]
    result = subprocess.run(
        [*command, *options], capture_output=True, text=True, check=False, timeout=_MAVEN_SECONDS
    )
    if result.returncode:
        reason = next((line for line in result.stdout.splitlines() if "[ERROR]" in line), "no output")
        raise MissingServerError(f"Maven could not fetch Kafka's jars ({reason}); {_REMEDY}")


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise MissingServerError(f"no Kafka for the tests ({name} is not on PATH): {_REMEDY}")
    return path


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "streaming-fraud-detector"
