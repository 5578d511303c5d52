"""docker-compose.yml, read as its tests need it."""

import re
from typing import Any
from urllib.parse import urlsplit

from tests.deploy.detector_files import ROOT, read_yaml

COMPOSE: dict[str, Any] = read_yaml(ROOT / "docker-compose.yml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
SECRETS = "/run/secrets"


def environment(service: str) -> dict[str, str]:
    return dict(SERVICES[service].get("environment", {}))


def detector_commands(service: str) -> list[list[str]]:
    """The arguments of each `detector` that a service runs."""
    if "entrypoint" not in SERVICES[service]:
        return [SERVICES[service]["command"]]
    parts = SERVICES[service]["entrypoint"][-1].split("|")
    return [part.split()[1:] for part in parts]


def addresses(service: str) -> list[tuple[str, int]]:
    """Host and port of each address in a service's environment that is not its own."""
    found = []
    for value in environment(service).values():
        if "://" in value and "," not in value:
            parts = urlsplit(value)
            found.append((parts.hostname or "", parts.port or 0))
        elif match := re.fullmatch(r"([a-z]+):(\d+)", value):
            found.append((match[1], int(match[2])))
    return found
