"""A Redis server that speaks TLS only, with users from an ACL file."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from detector.embedded import free_port
from detector.embedded.process import running_server
from tests.servers.certificates import Certificates
from tests.servers.errors import MissingServerError

_START_SECONDS = 10.0


@contextmanager
def secured_redis(certificates: Certificates, users: str, admin: tuple[str, str]) -> Iterator[int]:
    """A server of one's own on localhost, without persistence and eviction; gives its port.

    `users` is the text of its ACL file; `admin` the user and password of one who may ping.
    """
    # The bundled server speaks no TLS.
    program = shutil.which("redis-server")
    if program is None:
        raise MissingServerError("no Redis with TLS for the tests: install redis-server")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="detector-redis-") as folder:
        file = Path(folder) / "users.acl"
        file.write_text(users)
        options = {
            "bind": "127.0.0.1",
            "port": "0",
            "tls-port": str(port),
            "tls-cert-file": str(certificates.server),
            "tls-key-file": str(certificates.server),
            "tls-ca-cert-file": str(certificates.authority),
            "tls-auth-clients": "no",
            "aclfile": str(file),
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        client = redis.Redis(
            host="localhost",
            port=port,
            username=admin[0],
            password=admin[1],
            ssl=True,
            ssl_ca_certs=str(certificates.authority),
        )
        with (
            client,
            running_server([program, *words], Path(folder), lambda: _answers(client), timeout=_START_SECONDS),
        ):
            yield port


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
