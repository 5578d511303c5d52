"""One PostgreSQL server for the tests, that can be stopped and started again, wherever it can be had."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from detector.config import ArchiveSettings
from detector.embedded import free_port
from detector.embedded.process import running_server
from tests.servers.errors import MissingServerError

_DEBIAN = Path("/usr/lib/postgresql")
_OWNER = "postgres"
_START_SECONDS = 30.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # What a test loses with the machine does not matter; a server that is killed loses nothing by it.
    "fsync": "off",
    "log_min_messages": "fatal",
}


@dataclass
class RunningPostgres:
    """A server whose superuser is `postgres`, and who may connect from this machine without a password."""

    directory: Path
    port: int
    settings: dict[str, str]
    _running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Start it, in a process group that never outlives this process."""
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        command = [
            *_as_owner(),
            str(_program("postgres")),
            "-D",
            str(self.data),
            "-p",
            str(self.port),
            *options,
        ]
        server = running_server(command, self.directory, self.answers, timeout=_START_SECONDS)
        self._running.enter_context(server)

    def stop(self) -> None:
        """End it at once, as a crash does; what it has committed is there after the next start."""
        command = [*_as_owner(), str(_program("pg_ctl")), "-D", str(self.data), "-m", "immediate", "stop"]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, cwd=self.directory)
        self._running.close()

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def answers(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str, user: str = _OWNER) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=user, dbname=database, autocommit=True, connect_timeout=5
        )

    def settings_of(self, database: str, **others: object) -> ArchiveSettings:
        """The settings of an archive there."""
        own = {"url": f"postgresql://127.0.0.1:{self.port}/{database}", "username": _OWNER}
        return ArchiveSettings.model_validate(own | others)

    def new_database(self) -> str:
        """The name of a database that is empty."""
        name = f"fraud_{uuid.uuid4().hex[:12]}"
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return name


@contextmanager
def running_postgres(
    prepare: Callable[[Path], dict[str, str]] = lambda data: {},
) -> Iterator[RunningPostgres]:
    """A server of one's own; `prepare` may put files beside its data and gives more settings."""
    with tempfile.TemporaryDirectory(prefix="detector-postgres-", ignore_cleanup_errors=True) as folder:
        directory = Path(folder)
        if os.geteuid() == 0:
            shutil.chown(directory, _OWNER)
        server = RunningPostgres(directory, free_port(), dict(_SETTINGS))
        _initialise(server.data)
        server.settings |= prepare(server.data)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _initialise(data: Path) -> None:
    command = [
        *_as_owner(),
        str(_program("initdb")),
        "-D",
        str(data),
        "-U",
        _OWNER,
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    command += ["--locale=C", "--no-sync"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=data.parent)
    if result.returncode:
        raise MissingServerError(f"PostgreSQL's data could not be made: {result.stderr.splitlines()[-1]}")


def _as_owner() -> list[str]:
    """What lets root start a server that refuses to run as root."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam(_OWNER)
    except KeyError:
        raise MissingServerError(f"no user {_OWNER} for the tests' PostgreSQL: install postgresql") from None
    return ["setpriv", f"--reuid={_OWNER}", f"--regid={_OWNER}", "--init-groups", "--"]


def _program(name: str) -> Path:
    """A program of PostgreSQL; Debian keeps those of a server out of PATH."""
    found = [Path(path)] if (path := shutil.which(name)) else sorted(_DEBIAN.glob(f"*/bin/{name}"))
    if not found:
        raise MissingServerError("no PostgreSQL for the tests: install postgresql")
    return found[-1]
