"""The peers: what each needs, and the command that runs it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from bench.errors import BenchFailed
from bench.kafka import PARTITIONS
from bench.peer_flink import flink_job, flink_version
from bench.peer_python import peers_python, pinned
from bench.processes import with_environment
from tests.servers.errors import MissingServerError

_PARALLELISM = 1
_SNAPSHOT_SECONDS = 10.0
"""Of Bytewax, which has no default, and of Flink's checkpoints."""


class PeerName(StrEnum):
    """What the detector is measured beside."""

    FAUST = "faust"
    QUIX = "quix"
    BYTEWAX = "bytewax"
    FLINK_ROCKSDB = "flink-rocksdb"
    FLINK_HEAP = "flink-heap"


class Work(NamedTuple):
    """What a peer reads and writes; the directory is its own, and empty."""

    bootstrap: str
    topic: str
    alerts: str
    directory: Path

    @property
    def progress(self) -> Path:
        """The file that it keeps to tell how far it has come."""
        return self.directory / "progress"

    @property
    def state(self) -> Path:
        """Where it may keep its state."""
        return self.directory / "state"

    @property
    def log(self) -> Path:
        """What it says."""
        return self.directory / "server.log"


Command = Callable[[Work], Sequence[str]]
"""Makes the command that does a piece of work."""


class Program(NamedTuple):
    """A peer that can be run; `commits_every` is the seconds between two writings of its state.

    None where it writes as it goes, or never.
    """

    name: str
    version: str
    command: Command
    commits_every: float | None = None


def programs(names: Sequence[PeerName]) -> list[Program]:
    """The peers of these names, with all that they need on this machine, fetched where it is missing.

    Raises:
        BenchFailed: something cannot be had.
    """
    try:
        return [_MAKERS[name](name) for name in names]
    except MissingServerError as error:
        raise BenchFailed(str(error)) from error


def _faust(name: PeerName) -> Program:
    return Program(name, version("faust-streaming"), _faust_command)


def _faust_command(work: Work) -> list[str]:
    command = _python(sys.executable, work, "faust", "-A", "bench.peers.faust_app")
    return [*command, "--datadir", str(work.state), "worker", "--loglevel", "info"]


def _quix(name: PeerName) -> Program:
    return Program(name, pinned("quixstreams"), partial(_quix_command, peers_python()), 5.0)


def _quix_command(python: str, work: Work) -> list[str]:
    return _python(python, work, "bench.peers.quix_app")


def _bytewax(name: PeerName) -> Program:
    return Program(name, pinned("bytewax"), partial(_bytewax_command, peers_python()), _SNAPSHOT_SECONDS)


def _bytewax_command(python: str, work: Work) -> list[str]:
    work.state.mkdir()
    subprocess.run([python, "-m", "bytewax.recovery", str(work.state), "1"], check=True)
    recovery = ["-r", str(work.state), "-s", f"{_SNAPSHOT_SECONDS:g}", "-b", "0"]
    return _python(python, work, "bytewax.run", "bench.peers.bytewax_app:flow", *recovery)


def _python(python: str, work: Work, module: str, *arguments: str) -> list[str]:
    environment = {
        "PEER_ID": work.alerts,
        "PEER_BROKER": work.bootstrap,
        "PEER_TOPIC": work.topic,
        "PEER_ALERTS": work.alerts,
        "PEER_PARTITIONS": str(PARTITIONS),
        "PEER_PROGRESS": str(work.progress),
        "PEER_STATE": str(work.state),
    }
    return [*with_environment(environment), python, "-m", module, *arguments]


def _flink(backend: str, commits_every: float | None, name: PeerName) -> Program:
    return Program(name, flink_version(), partial(_flink_command, flink_job(), backend), commits_every)


def _flink_command(job: list[str], backend: str, work: Work) -> list[str]:
    options = {
        "brokers": work.bootstrap,
        "topic": work.topic,
        "alerts": work.alerts,
        "group": work.alerts,
        "progress": str(work.progress),
        "parallelism": str(_PARALLELISM),
        "backend": backend,
        "checkpoints": work.state.as_uri(),
        "checkpoint-ms": f"{1_000 * _SNAPSHOT_SECONDS:.0f}",
    }
    return [*job, *(part for name, value in options.items() for part in (f"--{name}", value))]


_MAKERS: dict[PeerName, Callable[[PeerName], Program]] = {
    PeerName.FAUST: _faust,
    PeerName.QUIX: _quix,
    PeerName.BYTEWAX: _bytewax,
    PeerName.FLINK_ROCKSDB: partial(_flink, "rocksdb", _SNAPSHOT_SECONDS),
    PeerName.FLINK_HEAP: partial(_flink, "heap", None),
}
