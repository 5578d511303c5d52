"""The Redis client against real servers: single with TLS and a narrow ACL user, Sentinel, Cluster."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.exceptions import ConnectionError, NoPermissionError, TimeoutError

from detector.config import RedisSettings
from detector.embedded import free_port
from detector.state.connect import connect, describe_address
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.redis import own_redis, redis_from_path

NARROW_ACL = "user detector on >secret ~fd:* resetchannels -@all +ping +eval"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


async def test_a_user_with_a_narrow_acl_can_connect_and_do_its_work(tmp_path: Path) -> None:
    with own_redis(tmp_path) as port:
        with redis.Redis(port=port) as admin:
            admin.execute_command("ACL", "SETUSER", *NARROW_ACL.split()[1:])
            admin.execute_command("ACL", "SETUSER", "default", "off")
        client = connect(
            RedisSettings(url=f"redis://127.0.0.1:{port}/0", username="detector", password="secret")
        )
        try:
            assert await client.ping()
            assert await client.eval("return 7", 0) == 7
            with pytest.raises(NoPermissionError):
                await client.flushdb()
        finally:
            await client.aclose()


async def test_tls_is_spoken_and_the_certificate_checked(tmp_path: Path, certificates: Certificates) -> None:
    port, authority, pem = free_port(), certificates.authority, certificates.server
    tls = ["--port", "0", "--tls-port", str(port), "--tls-cert-file", str(pem)]
    files = ["--tls-key-file", str(pem), "--tls-ca-cert-file", str(authority)]
    own = {"ssl_certfile": pem, "ssl_keyfile": pem}
    asking = redis.Redis(host="localhost", port=port, ssl=True, ssl_cert_reqs="none", **own)
    with redis_from_path(tmp_path, asking, *tls, *files, "--save", ""):
        url = f"rediss://localhost:{port}/0"
        trusting = connect(RedisSettings(url=url, ssl_cafile=authority, **own))
        doubting = connect(RedisSettings(url=url, **own))
        try:
            assert await trusting.ping()
            with pytest.raises(ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
                await doubting.ping()
        finally:
            await trusting.aclose()
            await doubting.aclose()


async def test_the_sentinels_name_the_server(tmp_path: Path) -> None:
    data, sentinel = tmp_path / "redis", tmp_path / "sentinel"
    data.mkdir()
    sentinel.mkdir()
    sentinel_port = free_port()
    with own_redis(data) as port:
        file = sentinel / "sentinel.conf"
        file.write_text(f"port {sentinel_port}\nsentinel monitor fraud 127.0.0.1 {port} 1\n")
        with redis_from_path(sentinel, redis.Redis(port=sentinel_port), str(file), "--sentinel"):
            nowhere = f"127.0.0.1:{free_port()}"
            settings = RedisSettings(
                url="redis://anywhere/3",
                mode="sentinel",
                sentinels=[nowhere, f"127.0.0.1:{sentinel_port}"],
                sentinel_service="fraud",
            )
            client = connect(settings)
            try:
                await client.set("fd:x", "1")
            finally:
                await client.aclose()
        with redis.Redis(port=port, db=3) as direct:
            assert direct.get("fd:x") == b"1"


async def test_a_cluster_is_found_from_one_node(tmp_path: Path) -> None:
    # The bus's default, 10000 above the port, may be out of range.
    cluster = ["--cluster-enabled", "yes", "--cluster-port", str(free_port())]
    with own_redis(tmp_path, *cluster) as port:
        with redis.Redis(port=port) as node:
            node.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
            async with asyncio.timeout(10):
                while b"cluster_state:ok" not in node.execute_command("CLUSTER", "INFO"):
                    await asyncio.sleep(0.02)
        client = connect(RedisSettings(url=f"redis://127.0.0.1:{port}", mode="cluster"))
        try:
            await client.set("fd:{3}:x", "1")
            assert await client.eval("return redis.call('GET', KEYS[1])", 1, "fd:{3}:x") == b"1"
        finally:
            await client.aclose()


async def test_a_silent_redis_is_given_up_after_two_seconds_and_not_asked_again() -> None:
    connections = 0

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(count, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    client = connect(RedisSettings(url=f"redis://127.0.0.1:{port}"))
    started = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        await client.ping()
    waited = asyncio.get_running_loop().time() - started
    await client.aclose()
    silent.close()

    assert connections == 1
    assert 1.5 < waited < 3.5


@pytest.mark.parametrize(
    ("redis_settings", "text"),
    [
        ({"url": "rediss://redis.example"}, "Redis at redis.example:6379 with TLS"),
        ({"url": "redis://[::1]:7000/2"}, "Redis at [::1]:7000"),
        ({"url": "redis://node:7000", "mode": "cluster"}, "Redis Cluster at node:7000"),
        ({"mode": "sentinel", "sentinels": ["a:1", "b:2"]}, "Redis mymaster by the Sentinels a:1, b:2"),
    ],
)
def test_the_address_is_told_without_user_and_secret(redis_settings: dict[str, Any], text: str) -> None:
    settings = RedisSettings(username="user", password="secret", **redis_settings)

    assert describe_address(settings) == text
