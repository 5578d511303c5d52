"""Whether containers can be had: the testcontainers package and an engine that answers."""

import shutil
import subprocess
from importlib.util import find_spec


def containers_available() -> bool:
    docker = shutil.which("docker")
    if docker is None or find_spec("testcontainers") is None:
        return False
    return subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0
