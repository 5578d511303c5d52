"""The real Helm: the one on PATH, else one that Go builds once into the user's cache folder."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.servers.cache import cached_folder
from tests.servers.errors import MissingServerError

_MODULE = "helm.sh/helm/v3/cmd/helm"
_VERSION = "v3.22.0"
_REMEDY = f"for the tests of the chart install helm 3, or Go 1.26 or newer, which builds {_MODULE}@{_VERSION}"
_BUILD_SECONDS = 1_500


def helm() -> str:
    """Return the path of helm.

    Raises:
        MissingServerError: it is not here and cannot be built; the message says what to install.
    """
    return shutil.which("helm") or str(cached_folder(f"helm-{_VERSION}", _build) / "helm")


def _build(folder: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise MissingServerError(f"neither helm nor go is on PATH: {_REMEDY}")
    folder.mkdir()
    result = subprocess.run(
        [go, "install", f"{_MODULE}@{_VERSION}"],
        env=os.environ | {"GOBIN": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=_BUILD_SECONDS,
    )
    if result.returncode:
        reason = result.stderr.strip().splitlines()[-1:] or ["no output"]
        raise MissingServerError(f"Go could not build helm ({reason[0]}): {_REMEDY}")
