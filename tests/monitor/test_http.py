"""The health endpoints and metrics over real HTTP."""

import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from detector.config import HttpSettings
from detector.monitor.health import Health
from detector.monitor.http import AddressUnavailable, MonitorServer
from detector.monitor.metrics import Metrics

ANY_PORT = HttpSettings(port=0)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health({"redis": "not connected yet"}, clock=clock)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("1")


@pytest.fixture
def server(health: Health, metrics: Metrics) -> Iterator[MonitorServer]:
    server = MonitorServer(ANY_PORT, health, metrics.registry)
    yield server
    server.close()


def get(server: MonitorServer, path: str, **headers: str) -> tuple[int, str, str]:
    """Status, content type and body."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers["Content-Type"], response.read().decode()
    finally:
        connection.close()


def get_json(server: MonitorServer, path: str) -> tuple[int, Any]:
    status, content_type, body = get(server, path)
    assert content_type == "application/json"
    return status, json.loads(body)


def test_readiness_tells_its_reasons(server: MonitorServer, health: Health) -> None:
    assert get_json(server, "/readyz") == (503, {"ok": False, "reasons": {"redis": "not connected yet"}})

    health.met("redis")

    assert get_json(server, "/readyz") == (200, {"ok": True, "reasons": {}})


def test_liveness_follows_the_heartbeat_and_not_readiness(server: MonitorServer, clock: Clock) -> None:
    assert get_json(server, "/livez") == (200, {"ok": True, "heartbeat_age_seconds": 0})

    clock.now += 61

    assert get_json(server, "/livez") == (503, {"ok": False, "heartbeat_age_seconds": 61})


@pytest.mark.parametrize(
    "accept", ["", "text/plain;version=0.0.4", "application/openmetrics-text;version=1.0.0"]
)
def test_metrics_are_served_in_the_format_that_is_asked_for(
    server: MonitorServer, metrics: Metrics, accept: str
) -> None:
    metrics.rebalances_total.inc(3)

    status, content_type, body = get(server, "/metrics", Accept=accept)

    assert status == 200
    assert content_type.startswith(accept.split(";", maxsplit=1)[0] or "text/plain")
    assert "detector_rebalances_total 3.0" in body


def test_a_scrape_can_be_parsed(server: MonitorServer) -> None:
    _, _, body = get(server, "/metrics")

    assert "detector_rebalances" in {family.name for family in text_string_to_metric_families(body)}


def test_another_path_says_which_there_are(server: MonitorServer) -> None:
    status, _, body = get(server, "/")

    assert (status, body) == (404, "there are: /livez /readyz /metrics\n")


def test_a_client_that_sends_nothing_does_not_hold_up_the_others(server: MonitorServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)):
        assert get(server, "/livez")[0] == 200


def test_a_taken_port_is_one_clear_line(server: MonitorServer, health: Health, metrics: Metrics) -> None:
    with pytest.raises(AddressUnavailable) as caught:
        MonitorServer(HttpSettings(port=server.port), health, metrics.registry)

    assert str(caught.value) == (
        f"cannot serve HTTP on 127.0.0.1:{server.port}: Address already in use; "
        "set http.host and http.port to an address that is free"
    )


def test_an_unknown_host_is_one_clear_line(health: Health, metrics: Metrics) -> None:
    with pytest.raises(AddressUnavailable, match=r"cannot serve HTTP on no\.such\.host\.invalid:0: "):
        MonitorServer(HttpSettings(host="no.such.host.invalid", port=0), health, metrics.registry)


def test_after_closing_nobody_listens(health: Health, metrics: Metrics) -> None:
    server = MonitorServer(ANY_PORT, health, metrics.registry)
    server.close()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)
