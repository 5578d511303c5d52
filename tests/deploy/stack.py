"""docker-compose.yml played without Docker: its settings on real servers, its commands as its user."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis

from detector.embedded import free_port
from detector.embedded.process import running_server, tail_of
from tests.deploy.compose import OURS, SECRETS, SERVICES, environment
from tests.deploy.detector_files import ROOT
from tests.deploy.dockerfile import install, stages
from tests.servers.errors import MissingServerError
from tests.servers.kafka import format_storage, jvm_command, metadata_probe, write_properties
from tests.servers.postgres import RunningPostgres, running_postgres
from tests.servers.redis import pings

_RULES = "/etc/detector/rules"
_START_SECONDS = 60.0
# The superuser sets the database up; all others are asked for their passwords, as in the image.
_ASK_FOR_PASSWORDS = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


@dataclass
class Stack:
    """The services of the detector's image, and where their addresses and files are here."""

    folder: Path
    moved: dict[str, str]
    postgres: RunningPostgres
    ports: dict[str, int] = field(default_factory=lambda: {"detector": free_port(), "archive": free_port()})
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, service: str) -> None:
        """Start a service as Compose does, in a process group of its own."""
        spec = SERVICES[service]
        command = spec.get("entrypoint") or ["detector", *spec["command"]]
        with self.log(service).open("wb") as log:
            self._running[service] = self._popen(service, command, stdin=subprocess.DEVNULL, stdout=log)

    def run(self, service: str, command: list[str], text: str = "") -> tuple[int, str]:
        """Run a command inside a service to its end; gives the exit code and what it printed."""
        pipe = subprocess.PIPE
        with self._popen(service, command, stdin=pipe, stdout=pipe) as running:
            printed, _ = running.communicate(text.encode(), timeout=_START_SECONDS)
        return running.returncode, printed.decode()

    def has_ended_well(self, service: str) -> bool:
        """Whether it has ended, which must be with exit code 0."""
        code = self._running[service].poll()
        assert not code, tail_of(self.log(service))
        return code == 0

    def is_healthy(self, service: str) -> bool:
        """Whether its health check says so; the service must not have ended."""
        assert self._running[service].poll() is None, tail_of(self.log(service))
        _, *check = SERVICES[service]["healthcheck"]["test"]
        here = [re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{self.ports[service]}", word) for word in check]
        return self.run(service, here)[0] == 0

    def stop(self, service: str) -> int:
        """Ask it to end, and wait as long as Compose does; gives the exit code."""
        seconds = int(SERVICES[service].get("stop_grace_period", "10s").removesuffix("s"))
        self._running[service].terminate()
        return self._running[service].wait(seconds)

    def kill(self) -> None:
        """End all that still runs."""
        for running in self._running.values():
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()

    def log(self, service: str) -> Path:
        return self.folder / f"{service}.log"

    def password(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text().strip()

    def _popen(self, service: str, command: list[str], **streams: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd="/",
            env=self._environment(service),
            stderr=subprocess.STDOUT,
            process_group=0,
            **streams,
            **as_user(),
        )

    def _environment(self, service: str) -> dict[str, str]:
        of_image = stages()[-1].environment() | {"PATH": f"{self.folder}/opt/detector/bin:/usr/bin:/bin"}
        here = {"DETECTOR_HTTP__PORT": str(self.ports["detector"])}
        if service == "archive":
            here = {"DETECTOR_ARCHIVE__HTTP_PORT": str(self.ports["archive"])}
        return of_image | {name: self._here(value) for name, value in environment(service).items()} | here

    def _here(self, text: str) -> str:
        return replaced(text, self.moved)


def as_user() -> dict[str, Any]:
    """The image's user, for a process to start; nobody else can be had without being root."""
    [user] = stages()[-1].of("USER")
    uid, gid = (int(number) for number in user.text.split(":"))
    return {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}


def _python_of_all() -> str:
    """A Python that the image's user may run, too.

    Raises:
        MissingServerError: there is none.
    """
    for python in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        with suppress(OSError):
            if subprocess.run([python, "-c", ""], check=False, **as_user()).returncode == 0:
                return python
    raise MissingServerError(
        "no Python that another user may run, for the tests of the image: install python3"
    )


def replaced(text: str, table: dict[str, str]) -> str:
    """The text with every key of the table replaced, in one pass."""
    return re.sub("|".join(map(re.escape, table)), lambda found: table[found[0]], text)


@contextmanager
def running_stack(folder: Path) -> Iterator[Stack]:
    """The servers run and the image's commands are done; nothing of the detector is started yet."""
    assert {"topics", "detector", "archive", "traffic"} == set(OURS)
    secrets, rules = folder / "secrets", folder / "rules"
    _make_secrets(secrets)
    shutil.copytree(ROOT / "deploy/compose/rules", rules)
    install(folder, _python_of_all())
    with ExitStack() as servers:
        kafka = servers.enter_context(_kafka(folder))
        store = servers.enter_context(_redis(folder))
        postgres = servers.enter_context(_postgres(secrets))
        moved = {
            "kafka:19092": kafka,
            "redis:6379": store,
            "postgres:5432": f"127.0.0.1:{postgres.port}",
            SECRETS: str(secrets),
            _RULES: str(rules),
        }
        stack = Stack(folder, moved, postgres)
        try:
            yield stack
        finally:
            stack.kill()


def _make_secrets(folder: Path) -> None:
    # The Makefile's own folder is closed to others; what it holds is mounted one by one.
    shutil.copy(ROOT / "Makefile", folder.parent)
    subprocess.run(["make", "--silent", "secrets"], cwd=folder.parent, check=True)
    shutil.copytree(folder.parent / "deploy/compose/secrets", folder)
    folder.chmod(0o755)


@contextmanager
def _kafka(folder: Path) -> Iterator[str]:
    """A broker with the settings of the service, as its image takes them from the environment."""
    stack, machine, controller = (free_port() for _ in range(3))
    given = environment("kafka")
    table = {
        "kafka:19092": f"127.0.0.1:{stack}",
        "19092": str(stack),
        "29093": str(controller),
        "9092": str(machine),
        "/var/lib/kafka/data": str(folder / "kafka/data"),
    }
    settings = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): replaced(value, table)
        for name, value in given.items()
        if name.startswith("KAFKA_") and name != "KAFKA_HEAP_OPTS"
    }
    (folder / "kafka").mkdir()
    properties = write_properties(folder / "kafka/server.properties", settings)
    jvm = jvm_command()
    format_storage(jvm, properties, cluster_id=given["CLUSTER_ID"])
    probe = metadata_probe(f"127.0.0.1:{stack}")
    command = [*jvm, "kafka.Kafka", str(properties)]
    with running_server(command, folder / "kafka", probe, timeout=_START_SECONDS):
        yield f"127.0.0.1:{stack}"


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """A Redis with the command of the service."""
    port = free_port()
    (folder / "redis").mkdir()
    command = [*SERVICES["redis"]["command"], "--bind", "127.0.0.1", "--port", str(port)]

    with (
        redis.Redis(port=port) as client,
        running_server(command, folder / "redis", lambda: pings(client), timeout=_START_SECONDS),
    ):
        yield f"127.0.0.1:{port}"


@contextmanager
def _postgres(secrets: Path) -> Iterator[RunningPostgres]:
    """A PostgreSQL whose new database went through the scripts of the service."""

    def prepare(data: Path) -> dict[str, str]:
        (data / "pg_hba.conf").write_text(_ASK_FOR_PASSWORDS)
        return {}

    with running_postgres(prepare) as server:
        database = environment("postgres")["POSTGRES_DB"]
        with server.connect("postgres") as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database)))
        for script in sorted((ROOT / "deploy/compose/postgres").iterdir()):
            command = [
                "psql",
                "--no-psqlrc",
                "--set=ON_ERROR_STOP=1",
                "--username=postgres",
                "--host=127.0.0.1",
            ]
            text = script.read_text().replace(SECRETS, str(secrets))
            where = [f"--port={server.port}", f"--dbname={database}"]
            subprocess.run([*command, *where], input=text, text=True, check=True, stdout=subprocess.DEVNULL)
        yield server
