"""The health endpoints and metrics, served from a thread of their own so that a stuck main loop shows."""

import json
import logging
import socket
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from detector.config import HttpSettings
from detector.monitor.health import Health

_CLIENT_TIMEOUT_S = 10.0
_log = logging.getLogger(__name__)


class AddressUnavailable(Exception):
    """The HTTP address cannot be listened on; the message says which, why and what to do."""


class Answer(NamedTuple):
    """What a path answers."""

    status: HTTPStatus
    content_type: str
    body: bytes


class MonitorServer:
    """Serves ``/livez``, ``/readyz`` and ``/metrics`` from construction until ``close``."""

    def __init__(self, settings: HttpSettings, health: Health, registry: CollectorRegistry) -> None:
        """Listen and serve.

        Raises:
            AddressUnavailable: The address is taken, or not one of this machine's.
        """
        try:
            self._server = _Server(settings, _Endpoints(health, registry))
        except OSError as error:
            raise AddressUnavailable(
                f"cannot serve HTTP on {settings.host}:{settings.port}: {error.strerror}; "
                "set http.host and http.port to an address that is free"
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="http", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that is listened on, also where the settings say 0."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, settings: HttpSettings, endpoints: "_Endpoints") -> None:
        self.endpoints = endpoints
        address = (settings.host, settings.port)
        self.address_family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][0]
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Log what went wrong with a request, such as a client that hung up."""
        _log.warning("a request for health or metrics failed", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    timeout = _CLIENT_TIMEOUT_S

    def do_GET(self) -> None:
        """Answer a probe or a scrape."""
        assert isinstance(self.server, _Server)
        path = self.path.partition("?")[0]
        answer = self.server.endpoints.answer(path, self.headers.get("Accept", ""))
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: a line for each probe tells nobody anything."""


class _Endpoints:
    def __init__(self, health: Health, registry: CollectorRegistry) -> None:
        self._health = health
        self._registry = registry

    def answer(self, path: str, accept: str) -> Answer:
        match path:
            case "/livez":
                return self._live()
            case "/readyz":
                return self._ready()
            case "/metrics":
                return self._metrics(accept)
        return Answer(HTTPStatus.NOT_FOUND, "text/plain", b"there are: /livez /readyz /metrics\n")

    def _live(self) -> Answer:
        age = round(self._health.heartbeat_age(), 1)
        return _verdict(self._health.alive(), {"heartbeat_age_seconds": age})

    def _ready(self) -> Answer:
        ready, reasons = self._health.ready()
        return _verdict(ready, {"reasons": reasons})

    def _metrics(self, accept: str) -> Answer:
        encode, content_type = choose_encoder(accept)
        return Answer(HTTPStatus.OK, content_type, encode(self._registry))


def _verdict(ok: bool, details: Mapping[str, object]) -> Answer:
    status = HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
    body = json.dumps({"ok": ok, **details}) + "\n"
    return Answer(status, "application/json", body.encode())
