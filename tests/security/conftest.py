"""One secured Kafka and Redis for all these tests, emptied for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.live import Live
from tests.security.platform import Platform, running_platform


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_platform(tmp_path_factory.mktemp("platform")) as found:
        yield found


@pytest.fixture
def platform(servers: Platform) -> Platform:
    servers.empty_redis()
    return servers


@pytest.fixture
def live(platform: Platform, tmp_path: Path) -> Live:
    platform.empty_topics()
    return platform.live(tmp_path)
