"""Programs that tests run and that the system's packages bring."""

import shutil

from tests.servers.errors import MissingServerError


def program(name: str, package: str) -> str:
    """The path of a program; `package` is the one of Debian's that has it."""
    found = shutil.which(name)
    if found is None:
        raise MissingServerError(
            f"there is no {name}: install Debian's package {package}, or put it on the PATH"
        )
    return found
