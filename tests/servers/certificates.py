"""A certificate authority for the tests, and a server's certificate of it for this machine."""

import subprocess
from pathlib import Path
from typing import NamedTuple

_REQUEST = ["openssl", "req", "-x509", "-days", "1", "-newkey", "rsa:2048", "-nodes"]


class Certificates(NamedTuple):
    """PEM files: the authority's certificate, and the server's together with its key."""

    authority: Path
    server: Path


def make_certificates(folder: Path, host: str = "DNS:localhost") -> Certificates:
    """Make them in a folder; they are good for a day, and for no other host than this."""
    found = Certificates(folder / "ca.crt", folder / "server.pem")
    authority_key, certificate, key = (folder / name for name in ("ca.key", "server.crt", "server.key"))
    _run(
        *(*_REQUEST, "-subj", "/CN=Test authority", "-addext", "keyUsage=critical,keyCertSign"),
        *("-keyout", authority_key, "-out", found.authority),
    )
    _run(
        *(*_REQUEST, "-subj", "/CN=server", "-addext", f"subjectAltName={host}"),
        *("-addext", "basicConstraints=critical,CA:FALSE", "-CA", found.authority, "-CAkey", authority_key),
        *("-keyout", key, "-out", certificate),
    )
    found.server.write_text(key.read_text() + certificate.read_text())
    return found


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)
