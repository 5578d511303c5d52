"""A Redis server that speaks TLS only, with users from an ACL file."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from detector.embedded import free_port
from tests.servers.certificates import Certificates
from tests.servers.redis import redis_from_path


@contextmanager
def secured_redis(certificates: Certificates, users: str, admin: tuple[str, str]) -> Iterator[int]:
    """A server of one's own on localhost, without persistence and eviction; gives its port.

    `users` is the text of its ACL file; `admin` the user and password of one who may ping.
    """
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
        # The bundled server speaks no TLS.
        with redis_from_path(Path(folder), client, *words):
            yield port
